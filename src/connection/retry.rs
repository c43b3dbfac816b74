//! How long to wait before the next attempt.

use core::time::Duration;

use super::Connection;

/// What a wait that doubles may come to, unless the reconnection time is longer by itself.
const CAP: Duration = Duration::from_secs(30);
/// The random part that comes on top of a wait that has not doubled yet, in percent of it.
const FIRST_JITTER: u128 = 10;
/// The same of one that has, when the clients of a server that is down have gathered.
const LATER_JITTER: u128 = 50;

/// Decides the waits of one connection.
///
/// The standard wants at least [the reconnection time][reestablish] and leaves more to the client, "if the previous
/// attempt failed" above all.
///
/// [reestablish]: https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) initial: Duration,
    pub(super) min: Duration,
    pub(super) max: Duration,
    /// Losses since a connection last was healthy.
    streak: u32,
    random: Random,
}

impl Schedule {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            initial: Connection::DEFAULT_RECONNECTION_TIME,
            min: Connection::DEFAULT_MIN_RECONNECTION_TIME,
            max: Connection::DEFAULT_MAX_RECONNECTION_TIME,
            streak: 0,
            random: Random(seed),
        }
    }

    /// Counts a loss, and says how long to wait after it; `sent` is what the server said last.
    pub(super) fn delay(&mut self, healthy: bool, sent: Option<Duration>) -> Duration {
        self.streak = if healthy { 0 } else { self.streak.saturating_add(1) };
        let random = self.random.next();
        backoff(self.reconnection_time(sent), self.streak, random)
    }

    pub(super) fn reconnection_time(&self, sent: Option<Duration>) -> Duration {
        sent.unwrap_or(self.initial).min(self.max).max(self.min)
    }
}

fn backoff(reconnection_time: Duration, streak: u32, random: u32) -> Duration {
    let doublings = streak.saturating_sub(1).min(u32::BITS - 1);
    let wait = reconnection_time.saturating_mul(1 << doublings).min(CAP.max(reconnection_time));
    let percent = if streak <= 1 { FIRST_JITTER } else { LATER_JITTER };
    wait.saturating_add(part(wait, percent, random))
}

/// This much of so many percent of a time, in 2^32nds.
fn part(time: Duration, percent: u128, fraction: u32) -> Duration {
    const NANOSECONDS: u128 = 1_000_000_000;
    let nanoseconds = (time.as_nanos() / 100 * percent * u128::from(fraction)) >> u32::BITS;
    let seconds = u64::try_from(nanoseconds / NANOSECONDS).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos((nanoseconds % NANOSECONDS) as u64))
}

/// `SplitMix64`: small, and good enough for waits that are not to coincide.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_wait_doubles_up_to_its_cap() {
        let waits = |time: Duration| (0..7).map(|streak| backoff(time, streak, 0)).collect::<Vec<_>>();
        assert_eq!(waits(MS(3000)), [3000, 3000, 6000, 12_000, 24_000, 30_000, 30_000].map(MS));
        assert_eq!(waits(MS(40_000)), [MS(40_000); 7], "a longer reconnection time is its own cap");
        assert_eq!(waits(MS(0)), [MS(0); 7]);
        assert_eq!(backoff(MS(1), u32::MAX, 0), CAP);
        assert_eq!(backoff(Duration::MAX, u32::MAX, u32::MAX), Duration::MAX);
    }

    #[test]
    fn jitter_only_adds() {
        let most = |streak| backoff(MS(10_000), streak, u32::MAX).as_millis();
        assert_eq!([0, 1, 2, 3].map(most), [10_999, 10_999, 29_999, 44_999]);
        assert_eq!(part(MS(1000), 50, 1 << 31), MS(250));
    }

    #[test]
    fn jitter_is_spread_out() {
        let mut random = Random(7);
        let mut tenths = [0; 10];
        for _ in 0..10_000 {
            tenths[((u64::from(random.next()) * 10) >> 32) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (900..1100).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_healthy_connection_sets_it_back() {
        let mut schedule = Schedule::new(1);
        let mut delay = |healthy| schedule.delay(healthy, Some(MS(1000))).as_millis();
        assert!((1000..=1100).contains(&delay(false)));
        assert!((2000..=3000).contains(&delay(false)));
        assert!((4000..=6000).contains(&delay(false)));
        assert!((1000..=1100).contains(&delay(true)));
        assert!((1000..=1100).contains(&delay(false)));
        assert!((2000..=3000).contains(&delay(false)));
    }

    #[test]
    fn bounds() {
        let mut schedule = Schedule::new(1);
        assert_eq!(schedule.reconnection_time(None), MS(3000));
        assert_eq!(schedule.reconnection_time(Some(MS(0))), MS(100));
        assert_eq!(schedule.reconnection_time(Some(MS(u64::MAX))), Duration::from_secs(86_400));
        schedule.min = Duration::ZERO;
        schedule.max = Duration::MAX;
        assert_eq!(schedule.reconnection_time(Some(MS(0))), MS(0));
        assert_eq!(schedule.reconnection_time(Some(MS(u64::MAX))), MS(u64::MAX));
        schedule.min = MS(2);
        schedule.max = MS(1);
        assert_eq!(schedule.reconnection_time(None), MS(2), "no panic where they contradict each other");
    }
}

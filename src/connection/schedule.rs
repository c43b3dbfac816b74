//! What the policy is told of: the losses of one connection, in a row and in time.

use core::error::Error;
use core::time::Duration;

use super::retry::{Loss, Policy};
use super::{Connection, GivenUp};

/// Counts the losses of one connection, and has the policy decide on each.
///
/// The standard wants at least [the reconnection time][reestablish] and leaves more to the client, "if the previous
/// attempt failed" above all.
///
/// [reestablish]: https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) policy: Policy,
    pub(super) initial: Duration,
    pub(super) min: Duration,
    pub(super) max: Duration,
    /// How many requests the attempt took, over all redirects.
    pub(super) requests: u32,
    /// How long a connection has to last to be healthy; without it, a byte is enough.
    pub(super) healthy_after: Option<Duration>,
    /// Losses since a connection last was healthy.
    in_a_row: u32,
    /// How long that is ago, as far as anybody told.
    elapsed: Duration,
    random: Random,
}

/// How the connection was that was lost.
#[derive(Clone, Copy, Default)]
pub(super) struct Lost<'a> {
    /// For how long it was open, if it was.
    pub(super) open: Option<Duration>,
    /// Whether it has delivered a byte of its body.
    pub(super) delivered: bool,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    pub(super) error: Option<&'a (dyn Error + Send + Sync + 'static)>,
}

impl Schedule {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            policy: Policy::default(),
            initial: Connection::DEFAULT_RECONNECTION_TIME,
            min: Connection::DEFAULT_MIN_RECONNECTION_TIME,
            max: Connection::DEFAULT_MAX_RECONNECTION_TIME,
            requests: 1,
            healthy_after: None,
            in_a_row: 0,
            elapsed: Duration::ZERO,
            random: Random(seed),
        }
    }

    /// Notes that time has passed.
    pub(super) fn pass(&mut self, time: Duration) {
        self.elapsed = self.elapsed.saturating_add(time);
    }

    /// Counts a loss, and says how long to wait after it, if it is not to be given up; `sent` is what the server said last
    /// of the reconnection time.
    pub(super) fn decide(&mut self, lost: &Lost<'_>, sent: Option<Duration>) -> Result<Duration, GivenUp> {
        if !self.begin_anew(lost) {
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
        self.policy.decide(&Loss {
            in_a_row: self.in_a_row,
            elapsed: self.elapsed,
            was_open: lost.open.is_some(),
            status: lost.status,
            retry_after: lost.retry_after,
            error: lost.error,
            // A server that sends each attempt from here to there would otherwise be asked for each hop at once.
            reconnection_time: self.reconnection_time(sent).max(self.min.saturating_mul(self.requests)),
            random: self.random.next(),
        })
    }

    /// Notes that a connection was given up that was open for so long, which is no loss.
    pub(super) fn handle_given_up(&mut self, open: Duration, delivered: bool) {
        self.begin_anew(&Lost { open: Some(open), delivered, ..Lost::default() });
    }

    /// Counts anew after a connection that was healthy, and says whether it was.
    fn begin_anew(&mut self, lost: &Lost<'_>) -> bool {
        let is_healthy = match self.healthy_after {
            None => lost.delivered,
            Some(time) => lost.open.is_some_and(|open| open >= time),
        };
        if is_healthy {
            self.in_a_row = 0;
            self.elapsed = Duration::ZERO;
        }
        is_healthy
    }

    pub(super) fn reconnection_time(&self, sent: Option<Duration>) -> Duration {
        sent.unwrap_or(self.initial).min(self.max).max(self.min)
    }
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

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn lost(delivered: bool) -> Lost<'static> {
        Lost { open: delivered.then_some(MS(5)), delivered, ..Lost::default() }
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
        let mut delay = |delivered| schedule.decide(&lost(delivered), Some(MS(1000))).unwrap().as_millis();
        assert!((1000..=1500).contains(&delay(false)));
        assert!((2000..=3000).contains(&delay(false)));
        assert!((4000..=6000).contains(&delay(false)));
        assert!((1000..=1100).contains(&delay(true)));
        assert!((1000..=1500).contains(&delay(false)));
        assert!((2000..=3000).contains(&delay(false)));
    }

    #[test]
    fn what_is_healthy_can_be_a_time() {
        let mut schedule = Schedule::new(1);
        schedule.healthy_after = Some(MS(60));
        let mut in_a_row = |open: Option<u64>| {
            let lost = Lost { open: open.map(MS), delivered: true, ..Lost::default() };
            let _ = schedule.decide(&lost, None);
            schedule.in_a_row
        };
        assert_eq!([None, Some(59), Some(60), Some(0)].map(&mut in_a_row), [1, 2, 0, 1]);
    }

    #[test]
    fn time_counts_since_it_was_healthy() {
        let mut schedule = Schedule::new(1);
        for (passed, delivered, elapsed) in [(5, false, 5), (7, false, 12), (3, true, 0), (4, false, 4)] {
            schedule.pass(MS(passed));
            let _ = schedule.decide(&lost(delivered), None);
            assert_eq!(schedule.elapsed, MS(elapsed));
        }
        schedule.pass(Duration::MAX);
        schedule.pass(Duration::MAX);
    }

    #[test]
    fn each_request_of_an_attempt_takes_its_time() {
        let mut schedule = Schedule::new(1);
        let mut delay = |requests, sent| {
            schedule.requests = requests;
            schedule.decide(&lost(true), Some(MS(sent))).unwrap().as_millis()
        };
        assert!((100..=110).contains(&delay(1, 0)));
        assert!((200..=220).contains(&delay(2, 0)));
        assert!((2100..=2310).contains(&delay(21, 1000)));
        assert!((3000..=3300).contains(&delay(21, 3000)));
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

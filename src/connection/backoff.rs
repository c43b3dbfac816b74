//! Waits that grow.

use core::time::Duration;

use super::loss::{GivenUp, Loss};
#[cfg(doc)]
use super::{Connection, retry::Policy};

/// Waits that grow with each loss in a row.
///
/// The first one is the reconnection time, and so is that after a connection that was healthy.
///
/// # Default
///
/// * factor: 2
/// * cap: 30 seconds, or the reconnection time if that is longer
/// * jitter: up to half of the wait on top, and a fifth of that as long as no attempt was in vain
/// * attempts, time: no end
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    factor: f64,
    cap: Duration,
    jitter: f64,
    max_attempts: Option<u32>,
    max_elapsed: Option<Duration>,
}

impl Backoff {
    /// The default one.
    #[must_use]
    pub const fn new() -> Self {
        Self { factor: 2.0, cap: Duration::from_secs(30), jitter: 0.5, max_attempts: None, max_elapsed: None }
    }

    /// Sets by how much the wait grows with each loss in a row after the first; what is less than 1 counts as 1.
    ///
    /// The default is 2, which reaches the cap in a minute.
    #[must_use]
    pub const fn with_factor(mut self, factor: f64) -> Self {
        self.factor = if factor >= 1.0 { factor } else { 1.0 };
        self
    }

    /// Sets what the wait grows to, unless the reconnection time is longer by itself.
    ///
    /// The default is 30 seconds: nobody who follows a feed wants to wait longer once the server is back.
    #[must_use]
    pub const fn with_cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Sets how much may come on top of a wait, as a part of it: 0.5 is up to half of it.
    ///
    /// The default is 0.5: the clients of a server that went down must not come back as one. It only adds, and a fifth of it
    /// counts as long as no attempt was in vain: after a healthy connection the first one is soon. It comes on top of what the
    /// server [wants](Loss::retry_after), too, of which no more than the [cap](Self::with_cap) counts. What is no number of
    /// at least 0 counts as 0, and more than 1 as 1: what shall be longer has a [factor](Self::with_factor) for it.
    #[must_use]
    pub const fn with_jitter(mut self, jitter: f64) -> Self {
        // In this order, since what is not a number is neither.
        self.jitter = match jitter {
            _ if jitter >= 1.0 => 1.0,
            _ if jitter > 0.0 => jitter,
            _ => 0.0,
        };
        self
    }

    /// Sets how many attempts in a row may be in vain before it is given up, the first one included: 5 is five requests.
    ///
    /// By default there is no end: a feed is there to be followed, and servers come back. A connection that was open and sent
    /// nothing was in vain too, however long it was: for a feed that may be silent, say with
    /// [`with_healthy_after`](Connection::with_healthy_after) what counts. A connection that was healthy begins a new row, and a byte makes it so (or
    /// [a time](Connection::with_healthy_after)): a server that sends one and cuts the connection, each time, is asked for ever.
    /// Where that is one time too many, as with a POST, take [`Policy::before_open`].
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets for how long it may be in vain before it is given up: the next attempt would begin later than that after the last
    /// time that a connection was healthy.
    ///
    /// By default there is no end, and what [`with_max_attempts`](Self::with_max_attempts) says of healthy connections, and of
    /// silent ones, holds here too.
    #[must_use]
    pub const fn with_max_elapsed(mut self, elapsed: Duration) -> Self {
        self.max_elapsed = Some(elapsed);
        self
    }

    pub(super) fn wait(&self, loss: &Loss<'_>) -> Result<Duration, GivenUp> {
        if self.max_attempts.is_some_and(|attempts| loss.in_a_row >= attempts) {
            return Err(GivenUp::Attempts(loss.in_a_row));
        }
        let cap = self.cap.max(loss.reconnection_time);
        let wait = match loss.in_a_row.saturating_sub(1) {
            0 => loss.reconnection_time,
            _ if loss.reconnection_time.is_zero() => Duration::ZERO,
            growths => times(loss.reconnection_time, power(self.factor, growths)).min(cap),
        };
        let jitter = if loss.in_a_row == 0 { self.jitter / 5.0 } else { self.jitter };
        let random = f64::from(loss.random) / f64::from(u32::MAX);
        let wait = wait.max(loss.least());
        let wait = wait.saturating_add(times(wait.min(cap), jitter * random));
        let ends = loss.elapsed.saturating_add(wait);
        if self.max_elapsed.is_some_and(|max| ends > max) { Err(GivenUp::Elapsed(ends)) } else { Ok(wait) }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

fn power(mut base: f64, mut exponent: u32) -> f64 {
    let mut power = 1.0;
    while exponent > 0 {
        if exponent % 2 == 1 {
            power *= base;
        }
        base *= base;
        exponent /= 2;
    }
    power
}

fn times(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn waits(backoff: &Backoff, time: Duration, random: u32) -> Vec<u64> {
        let wait = |in_a_row| backoff.wait(&Loss::new(time, in_a_row, random)).unwrap();
        (0..7).map(|in_a_row| u64::try_from(wait(in_a_row).as_millis()).unwrap()).collect()
    }

    #[test]
    fn the_wait_grows_up_to_its_cap() {
        let backoff = Backoff::new();
        assert_eq!(waits(&backoff, MS(3000), 0), [3000, 3000, 6000, 12_000, 24_000, 30_000, 30_000]);
        assert_eq!(waits(&backoff, MS(40_000), 0), [40_000; 7], "a longer reconnection time is its own cap");
        assert_eq!(waits(&backoff, MS(0), 0), [0; 7]);
        assert_eq!(backoff.wait(&Loss::new(MS(1), u32::MAX, 0)), Ok(Duration::from_secs(30)));
        assert_eq!(backoff.wait(&Loss::new(Duration::MAX, u32::MAX, u32::MAX)), Ok(Duration::MAX));
        let slower = backoff.with_factor(1.5).with_cap(MS(2000));
        assert_eq!(waits(&slower, MS(1000), 0), [1000, 1000, 1500, 2000, 2000, 2000, 2000]);
        for factor in [1.0, 0.0, -2.0, f64::NAN] {
            assert_eq!(backoff.with_factor(factor).wait(&Loss::new(MS(5), u32::MAX, 0)), Ok(MS(5)));
        }
        assert_eq!(backoff.with_factor(f64::INFINITY).wait(&Loss::new(MS(5), 9, 0)), Ok(MS(30_000)));
    }

    #[test]
    fn powers() {
        for (base, exponent, expected) in [(2.0, 0, 1.0), (2.0, 1, 2.0), (2.0, 10, 1024.0), (1.5, 3, 3.375)] {
            assert!((power(base, exponent) - expected).abs() < f64::EPSILON, "{base} {exponent}");
        }
        assert!((power(1.0, u32::MAX) - 1.0).abs() < f64::EPSILON && power(2.0, u32::MAX).is_infinite());
    }

    #[test]
    fn jitter_only_adds() {
        let most = |backoff: Backoff| waits(&backoff, MS(10_000), u32::MAX)[..4].to_vec();
        assert_eq!(most(Backoff::new()), [11_000, 15_000, 30_000, 45_000]);
        assert_eq!(most(Backoff::new().with_jitter(1.0)), [12_000, 20_000, 40_000, 60_000]);
        for jitter in [0.0, -1.0, f64::NAN] {
            assert_eq!(most(Backoff::new().with_jitter(jitter)), [10_000, 10_000, 20_000, 30_000]);
        }
        for jitter in [1.5, f64::MAX, f64::INFINITY] {
            assert_eq!(most(Backoff::new().with_jitter(jitter)), [12_000, 20_000, 40_000, 60_000]);
            assert_eq!(waits(&Backoff::new().with_jitter(jitter), MS(10_000), 0)[..3], [10_000, 10_000, 20_000]);
        }
    }

    #[test]
    fn it_is_given_up() {
        let attempts = Backoff::new().with_max_attempts(2);
        let goes_on = |in_a_row| attempts.wait(&Loss::new(MS(1), in_a_row, 0)).is_ok();
        assert_eq!([0, 1, 2, 3].map(goes_on), [true, true, false, false]);
        assert_eq!(Backoff::new().with_max_attempts(0).wait(&Loss::new(MS(1), 0, 0)), Err(GivenUp::Attempts(0)));

        let time = Backoff::new().with_max_elapsed(MS(1000));
        let goes_on = |ms| time.wait(&Loss { elapsed: MS(ms), ..Loss::new(MS(100), 1, 0) }).is_ok();
        assert_eq!([0, 900, 901].map(goes_on), [true, true, false]);
        let wants = |jitter, s: u64| {
            let backoff = Backoff::new().with_jitter(jitter);
            backoff
                .wait(&Loss { retry_after: Some(MS(s * 1000)), ..Loss::new(MS(1000), 1, u32::MAX) })
                .unwrap()
                .as_millis()
        };
        assert_eq!([5, 60].map(|s| wants(0.5, s)), [7500, 75_000], "those who were told the same do not come as one");
        assert_eq!([0, 5].map(|s| wants(0.0, s)), [1000, 5000]);
        let asked = |ms| time.wait(&Loss { retry_after: Some(MS(ms)), ..Loss::new(MS(100), 1, 0) });
        assert_eq!([50, 1000, 1001].map(asked), [Ok(MS(100)), Ok(MS(1000)), Err(GivenUp::Elapsed(MS(1001)))]);
    }
}

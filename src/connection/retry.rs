//! Policies: whether to come back after a loss, and when.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

pub use super::loss::{Decision, Loss};

/// Decides whether a source comes back after a loss, and after which wait.
///
/// The default is [`Backoff::new`]. Whatever the policy, a status of 204 ends a source, and what is a failure and no loss
/// (a content type, CORS) is never tried again.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use ssekit::retry::{Backoff, Policy};
///
/// // As a browser.
/// let policy = Policy::standard();
/// // Longer waits, for an hour at the most, also if the server is overloaded.
/// let backoff = Backoff::new().with_cap(Duration::from_secs(300)).with_max_elapsed(Duration::from_secs(3600));
/// let policy = Policy::backoff(backoff).with_statuses(Policy::TRANSIENT_STATUSES);
/// // Give up on the first status that says no, and otherwise come back after a second.
/// let policy = Policy::custom(|loss| match loss.status() {
///     Some(400..500) => loss.give_up(),
///     _ => loss.after(Duration::from_secs(1)),
/// });
/// let policy = policy.with_statuses(400..600);
/// ```
#[derive(Clone)]
pub struct Policy {
    rule: Rule,
    statuses: Cow<'static, [u16]>,
}

#[derive(Clone)]
enum Rule {
    Standard,
    Never,
    Backoff(Backoff),
    Custom(Arc<dyn Fn(&Loss<'_>) -> Decision + Send + Sync>),
}

impl Policy {
    /// The statuses that tell of a state which passes: 408, 425, 429, 500, 502, 503 and 504.
    pub const TRANSIENT_STATUSES: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

    /// Comes back after the reconnection time, however often it is in vain, as browsers do.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(Rule::Standard)
    }

    /// Never comes back: each loss is a failure, but for a response that ends as it should, with which the source ends.
    ///
    /// One that ends in the middle of an event, or without the event that a source was told is the end, is cut off: that is a
    /// failure too.
    #[must_use]
    pub fn never() -> Self {
        Self::new(Rule::Never)
    }

    /// Comes back after waits that grow.
    #[must_use]
    pub fn backoff(backoff: Backoff) -> Self {
        Self::new(Rule::Backoff(backoff))
    }

    /// Asks after each loss.
    ///
    /// About a status it is asked only if that is [one of those](Self::with_statuses) which are losses.
    #[must_use]
    pub fn custom(decide: impl Fn(&Loss<'_>) -> Decision + Send + Sync + 'static) -> Self {
        Self::new(Rule::Custom(Arc::new(decide)))
    }

    /// Sets which statuses are losses, about which the policy decides, instead of failures; 200 and 204 are neither.
    ///
    /// By default none are: to a browser each of them is a failure.
    /// [`TRANSIENT_STATUSES`](Self::TRANSIENT_STATUSES) are those that make sense for most servers.
    #[must_use]
    pub fn with_statuses(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    fn new(rule: Rule) -> Self {
        Self { rule, statuses: Cow::Borrowed(&[]) }
    }

    pub(super) fn retries(&self, status: u16) -> bool {
        !matches!(status, 200 | 204) && self.statuses.contains(&status)
    }

    #[cfg(feature = "client")]
    pub(super) fn is_never(&self) -> bool {
        matches!(self.rule, Rule::Never)
    }

    /// The wait, if it is not to be given up: no shorter than the server wants it.
    pub(super) fn decide(&self, loss: &Loss<'_>) -> Option<Duration> {
        let decision = match &self.rule {
            Rule::Standard => loss.after(loss.reconnection_time),
            Rule::Never => loss.give_up(),
            Rule::Backoff(backoff) => loss.back_off(backoff),
            Rule::Custom(decide) => decide(loss),
        };
        decision.0.map(|wait| wait.max(loss.least()))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::backoff(Backoff::new())
    }
}

impl From<Backoff> for Policy {
    fn from(backoff: Backoff) -> Self {
        Self::backoff(backoff)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Policy");
        match &self.rule {
            Rule::Standard => debug.field("rule", &"standard"),
            Rule::Never => debug.field("rule", &"never"),
            Rule::Backoff(backoff) => debug.field("rule", backoff),
            Rule::Custom(_) => debug.field("rule", &"custom"),
        };
        debug.field("statuses", &self.statuses).finish()
    }
}

/// Waits that grow with each loss in a row.
///
/// The first one is the reconnection time, and so is that after a connection that was healthy.
///
/// # Default
///
/// * factor: 2
/// * cap: 30 seconds, or the reconnection time if that is longer
/// * jitter: up to half of the wait on top, and a fifth of that while the wait has not grown yet
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
    /// counts while the wait has not grown yet. What is no number of at least 0 counts as 0.
    #[must_use]
    pub const fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = if jitter > 0.0 { jitter } else { 0.0 };
        self
    }

    /// Sets how many attempts in a row may be in vain before it is given up.
    ///
    /// By default there is no end.
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets for how long it may be in vain before it is given up: the next attempt would begin later than that after the last
    /// time that a connection was healthy.
    ///
    /// By default there is no end.
    #[must_use]
    pub const fn with_max_elapsed(mut self, elapsed: Duration) -> Self {
        self.max_elapsed = Some(elapsed);
        self
    }

    pub(super) fn wait(&self, loss: &Loss<'_>) -> Option<Duration> {
        if self.max_attempts.is_some_and(|attempts| loss.in_a_row >= attempts) {
            return None;
        }
        let cap = self.cap.max(loss.reconnection_time);
        let wait = match loss.in_a_row.saturating_sub(1) {
            0 => loss.reconnection_time,
            _ if loss.reconnection_time.is_zero() => Duration::ZERO,
            growths => times(loss.reconnection_time, power(self.factor, growths)).min(cap),
        };
        let jitter = if loss.in_a_row <= 1 { self.jitter / 5.0 } else { self.jitter };
        let random = f64::from(loss.random) / f64::from(u32::MAX);
        let wait = wait.saturating_add(times(wait, jitter * random)).max(loss.least());
        let ends = loss.elapsed.saturating_add(wait);
        self.max_elapsed.is_none_or(|max| ends <= max).then_some(wait)
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

    fn loss(reconnection_time: Duration, in_a_row: u32, random: u32) -> Loss<'static> {
        let elapsed = Duration::ZERO;
        Loss { in_a_row, elapsed, status: None, retry_after: None, error: None, reconnection_time, random }
    }

    fn waits(backoff: &Backoff, time: Duration, random: u32) -> Vec<u64> {
        let wait = |in_a_row| backoff.wait(&loss(time, in_a_row, random)).unwrap();
        (0..7).map(|in_a_row| u64::try_from(wait(in_a_row).as_millis()).unwrap()).collect()
    }

    #[test]
    fn the_wait_grows_up_to_its_cap() {
        let backoff = Backoff::new();
        assert_eq!(waits(&backoff, MS(3000), 0), [3000, 3000, 6000, 12_000, 24_000, 30_000, 30_000]);
        assert_eq!(waits(&backoff, MS(40_000), 0), [40_000; 7], "a longer reconnection time is its own cap");
        assert_eq!(waits(&backoff, MS(0), 0), [0; 7]);
        assert_eq!(backoff.wait(&loss(MS(1), u32::MAX, 0)), Some(Duration::from_secs(30)));
        assert_eq!(backoff.wait(&loss(Duration::MAX, u32::MAX, u32::MAX)), Some(Duration::MAX));
        let slower = backoff.with_factor(1.5).with_cap(MS(2000));
        assert_eq!(waits(&slower, MS(1000), 0), [1000, 1000, 1500, 2000, 2000, 2000, 2000]);
        for factor in [1.0, 0.0, -2.0, f64::NAN] {
            assert_eq!(backoff.with_factor(factor).wait(&loss(MS(5), u32::MAX, 0)), Some(MS(5)));
        }
        assert_eq!(backoff.with_factor(f64::INFINITY).wait(&loss(MS(5), 9, 0)), Some(MS(30_000)));
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
        assert_eq!(most(Backoff::new()), [11_000, 11_000, 30_000, 45_000]);
        assert_eq!(most(Backoff::new().with_jitter(1.0)), [12_000, 12_000, 40_000, 60_000]);
        for jitter in [0.0, -1.0, f64::NAN] {
            assert_eq!(most(Backoff::new().with_jitter(jitter)), [10_000, 10_000, 20_000, 30_000]);
        }
    }

    #[test]
    fn it_is_given_up() {
        let attempts = Backoff::new().with_max_attempts(2);
        let goes_on = |in_a_row| attempts.wait(&loss(MS(1), in_a_row, 0)).is_some();
        assert_eq!([0, 1, 2, 3].map(goes_on), [true, true, false, false]);
        assert_eq!(Backoff::new().with_max_attempts(0).wait(&loss(MS(1), 0, 0)), None);

        let time = Backoff::new().with_max_elapsed(MS(1000));
        let goes_on = |ms| time.wait(&Loss { elapsed: MS(ms), ..loss(MS(100), 1, 0) }).is_some();
        assert_eq!([0, 900, 901].map(goes_on), [true, true, false]);
        let asked = |ms| time.wait(&Loss { retry_after: Some(MS(ms)), ..loss(MS(100), 1, 0) });
        assert_eq!([50, 1000, 1001].map(asked), [Some(MS(100)), Some(MS(1000)), None]);
    }

    #[test]
    fn what_policies_decide() {
        let decide = |policy: &Policy, in_a_row| policy.decide(&loss(MS(100), in_a_row, u32::MAX));
        assert_eq!([0, 1, 9].map(|n| decide(&Policy::standard(), n)), [Some(MS(100)); 3]);
        assert_eq!(decide(&Policy::never(), 0), None);
        assert!(decide(&Policy::default(), 9) > Some(MS(30_000)));
        let custom = Policy::custom(|loss| match loss.in_a_row() {
            0 => loss.after(MS(7)),
            1 => loss.back_off(&Backoff::new().with_jitter(0.0)),
            _ => loss.give_up(),
        });
        assert_eq!([0, 1, 2].map(|n| decide(&custom, n)), [Some(MS(7)), Some(MS(100)), None]);
    }

    #[test]
    fn which_statuses_are_losses() {
        let retried = |policy: Policy| (0..1000).filter(|&status| policy.retries(status)).collect::<Vec<_>>();
        assert_eq!(retried(Policy::default()), [0; 0]);
        let transient = Policy::default().with_statuses(Policy::TRANSIENT_STATUSES);
        assert_eq!(retried(transient), Policy::TRANSIENT_STATUSES);
        assert_eq!(retried(Policy::never().with_statuses(199..206)), [199, 201, 202, 203, 205]);
    }
}

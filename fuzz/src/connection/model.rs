//! What a connection has to be like, in the words of the standard and of DESIGN.md.

use super::{
    Arc, Backoff, Connection, Duration, Knobs, LastEventIdNotSent, Limited, Mutex, Policy, ReadyState, Step, limited,
    pick, time,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Connecting,
    Open,
    Waiting(Duration),
    Closed,
}

/// What a policy of the user's is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    in_a_row: u32,
    elapsed: Duration,
    was_open: bool,
    status: Option<u16>,
    retry_after: Option<Duration>,
    reconnection_time: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Rule {
    Standard,
    Never,
    Backoff(Growth),
    Custom(Duration),
}

/// Knobs of a backoff.
#[derive(Clone, Copy, Debug)]
struct Growth {
    factor: f64,
    cap: Duration,
    jitter: f64,
    max_attempts: Option<u32>,
    max_elapsed: Option<Duration>,
}

const DEFAULT: Growth =
    Growth { factor: 2.0, cap: Duration::from_secs(30), jitter: 0.5, max_attempts: None, max_elapsed: None };

pub(super) struct Model {
    pub(super) state: State,
    pub(super) initial: Duration,
    pub(super) min: Duration,
    pub(super) max: Duration,
    pub(super) limit: usize,
    pub(super) fail_on_limit: bool,
    pub(super) missing_content_type: bool,
    pub(super) healthy_after: Option<Duration>,
    pub(super) max_retry_after: Duration,
    pub(super) last_event_id: String,
    pub(super) last_event_id_limit: usize,
    /// What was told on this connection.
    pub(super) told: Limited,
    /// What came on this connection, and with which last event ID it began.
    stream: Vec<u8>,
    began_with: String,
    sent: Option<u64>,
    rule: Rule,
    is_before_open: bool,
    statuses: &'static [u16],
    retry_after: Option<Duration>,
    delivered: bool,
    open: Duration,
    in_a_row: u32,
    elapsed: Duration,
    asked: Option<Asked>,
}

impl Model {
    pub(super) fn new(knobs: Knobs, asked: &Arc<Mutex<Option<Asked>>>) -> (Self, Policy) {
        let [factor, cap, jitter, ends] = knobs.backoff;
        let growth = Growth {
            factor: pick(&[2.0, 1.0, 1.5, 10.0, 0.0, f64::NAN, f64::INFINITY, 1e300], factor),
            cap: time(cap),
            jitter: pick(&[0.5, 0.0, 1.0, 0.1, -1.0, 7.0, f64::NAN], jitter),
            max_attempts: pick(&[None, Some(0), Some(1), Some(3)], ends),
            max_elapsed: pick(&[None, Some(time(ends >> 4))], ends >> 2),
        };
        let mut backoff = Backoff::new().with_factor(growth.factor).with_cap(growth.cap).with_jitter(growth.jitter);
        if let Some(attempts) = growth.max_attempts {
            backoff = backoff.with_max_attempts(attempts);
        }
        if let Some(elapsed) = growth.max_elapsed {
            backoff = backoff.with_max_elapsed(elapsed);
        }
        let wait = time(cap);
        let told = asked.clone();
        let custom = Policy::custom(move |loss| {
            *told.lock().unwrap() = Some(Asked {
                in_a_row: loss.in_a_row(),
                elapsed: loss.elapsed(),
                was_open: loss.was_open(),
                status: loss.status(),
                retry_after: loss.retry_after(),
                reconnection_time: loss.reconnection_time(),
            });
            match loss.in_a_row() % 4 {
                0 => loss.after(wait),
                1 => loss.back_off(&Backoff::new()),
                2 => loss.after(Duration::ZERO),
                _ => loss.give_up(),
            }
        });
        let (rule, mut policy) = match knobs.policy % 8 {
            0..=2 => (Rule::Backoff(growth), Policy::backoff(backoff)),
            3 => (Rule::Standard, Policy::standard()),
            4 => (Rule::Never, Policy::never()),
            5 => (Rule::Backoff(DEFAULT), Policy::default()),
            _ => (Rule::Custom(wait), custom),
        };
        let statuses: &[u16] = pick(&[&[], &[200, 204, 301, 503], &Policy::TRANSIENT_STATUSES], knobs.policy >> 3 & 3);
        policy = policy.with_statuses(statuses.iter().copied());
        let is_before_open = knobs.policy >> 5 & 3 == 3;
        if is_before_open {
            policy = Policy::before_open(policy);
        }
        let last_event_id = pick(&["", "7", " 7\t", " \t", "a\u{1}b", "\u{20AC}"], knobs.last_event_id);
        let model = Self {
            state: State::Connecting,
            initial: time(knobs.times[0]),
            min: Duration::from_millis(pick(&[100, 0, 5000, u64::MAX], knobs.times[1])),
            max: Duration::from_millis(pick(&[86_400_000, 0, 50, u64::MAX], knobs.times[2])),
            limit: if knobs.limit == 0 { usize::MAX } else { knobs.limit.into() },
            fail_on_limit: knobs.switches & 1 == 1,
            missing_content_type: knobs.switches & 2 == 2,
            healthy_after: if knobs.healthy_after < 128 { None } else { Some(time(knobs.healthy_after)) },
            max_retry_after: time(knobs.max_retry_after),
            last_event_id: last_event_id.to_owned(),
            last_event_id_limit: if knobs.last_event_id_limit == 0 { 8192 } else { knobs.last_event_id_limit.into() },
            told: Limited::default(),
            stream: Vec::new(),
            began_with: last_event_id.to_owned(),
            sent: None,
            rule,
            is_before_open,
            statuses,
            retry_after: None,
            delivered: false,
            open: Duration::ZERO,
            in_a_row: 0,
            elapsed: Duration::ZERO,
            asked: None,
        };
        (model, policy)
    }

    /// Compares what shows.
    pub(super) fn check(&self, connection: &Connection) {
        let (step, ready_state) = match self.state {
            State::Connecting => (Step::Connect, ReadyState::Connecting),
            State::Open => (Step::Read, ReadyState::Open),
            State::Waiting(delay) => (Step::Wait(delay), ReadyState::Connecting),
            State::Closed => (Step::Stop, ReadyState::Closed),
        };
        assert_eq!((connection.step(), connection.ready_state()), (step, ready_state));
        assert_eq!(connection.last_event_id(), self.last_event_id);
        assert_eq!(connection.reconnection_time(), self.reconnection_time());
        let header = connection.last_event_id_header();
        assert_eq!(header, self.header());
        if let Ok(Some(value)) = header {
            assert_eq!(http::HeaderValue::from_bytes(value.as_bytes()).unwrap().as_bytes(), value.as_bytes());
        }
    }

    /// Compares what a policy of the user's was told.
    pub(super) fn check_asked(&mut self, asked: &Mutex<Option<Asked>>) {
        assert_eq!(asked.lock().unwrap().take(), self.asked.take());
    }

    /// Compares what was told on this connection with the standard.
    pub(super) fn check_told(&mut self, comments: bool) {
        let mut said = limited::interpret(&self.stream, &self.began_with, self.limit, comments);
        self.last_event_id.clone_from(&said.outcome.last_event_id);
        self.sent = said.outcome.reconnection_time.or(self.sent);
        (said.held, said.outcome.last_event_id, said.outcome.reconnection_time) = Default::default();
        assert_eq!(self.told, said);
    }

    fn header(&self) -> Result<Option<&str>, LastEventIdNotSent> {
        if self.last_event_id.is_empty() {
            return Ok(None);
        }
        let value = self.last_event_id.trim_matches([' ', '\t']);
        match value {
            "" => Err(LastEventIdNotSent::Blank),
            _ if value.contains(|c: char| c != '\t' && c.is_ascii_control()) => {
                Err(LastEventIdNotSent::ControlCharacter)
            }
            _ if value.len() > self.last_event_id_limit => Err(LastEventIdNotSent::TooLong),
            _ => Ok(Some(value)),
        }
    }

    fn reconnection_time(&self) -> Duration {
        let time = self.sent.map_or(self.initial, Duration::from_millis);
        time.min(self.max).max(self.min)
    }

    pub(super) fn handle_bytes(&mut self, taken: &[u8], any: bool) {
        self.stream.extend_from_slice(taken);
        self.delivered |= any;
    }

    pub(super) fn handle_response(&mut self, status: u16, is_refused: bool, then: Step) {
        if !is_refused {
            self.state = if status == 204 { State::Closed } else { State::Open };
            self.told = Limited::default();
            self.stream.clear();
            self.began_with = self.last_event_id.clone();
            (self.delivered, self.open, self.retry_after) = (false, Duration::ZERO, None);
        } else if status != 200 && status != 204 && self.statuses.contains(&status) {
            let retry_after = self.retry_after.take();
            self.lose(None, Some(status), retry_after, then);
        } else {
            self.state = State::Closed;
        }
    }

    pub(super) fn handle_lost(&mut self, then: Step) {
        let open = match self.state {
            State::Connecting => None,
            State::Open => Some(self.open),
            State::Waiting(_) | State::Closed => return,
        };
        self.retry_after = None;
        self.lose(open, None, None, then);
    }

    pub(super) fn handle_retry_after(&mut self, time: Duration) {
        if self.state == State::Connecting {
            self.retry_after = Some(time.min(self.max_retry_after));
        }
    }

    pub(super) fn handle_time(&mut self, time: Duration) {
        self.elapsed = self.elapsed.saturating_add(time);
        if self.state == State::Open {
            self.open = self.open.saturating_add(time);
        }
    }

    pub(super) fn handle_elapsed(&mut self) {
        if let State::Waiting(_) = self.state {
            self.state = State::Connecting;
        }
    }

    pub(super) fn handle_reconnect(&mut self) {
        if self.state == State::Closed {
            return;
        }
        if self.state == State::Open && self.is_healthy(Some(self.open)) {
            (self.in_a_row, self.elapsed) = (0, Duration::ZERO);
        }
        self.retry_after = None;
        self.state = State::Connecting;
    }

    fn is_healthy(&self, open: Option<Duration>) -> bool {
        match self.healthy_after {
            None => open.is_some() && self.delivered,
            Some(time) => open.is_some_and(|open| open >= time),
        }
    }

    /// Takes the wait that came of a loss, if it may be that.
    fn lose(&mut self, open: Option<Duration>, status: Option<u16>, retry_after: Option<Duration>, then: Step) {
        if self.is_healthy(open) {
            (self.in_a_row, self.elapsed) = (0, Duration::ZERO);
        } else {
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
        let time = self.reconnection_time();
        let least = retry_after.unwrap_or_default();
        let constant = |wait: Duration| Some([wait.max(least); 2]);
        let may_be = match self.rule {
            _ if self.is_before_open && open.is_some() => None,
            Rule::Standard => constant(time),
            Rule::Never => None,
            Rule::Backoff(growth) => self.grown(growth, time, least),
            Rule::Custom(wait) => {
                self.asked = Some(Asked {
                    in_a_row: self.in_a_row,
                    elapsed: self.elapsed,
                    was_open: open.is_some(),
                    status,
                    retry_after,
                    reconnection_time: time,
                });
                match self.in_a_row % 4 {
                    0 => constant(wait),
                    1 => self.grown(DEFAULT, time, least),
                    2 => constant(Duration::ZERO),
                    _ => None,
                }
            }
        };
        self.state = match (may_be, then) {
            (Some([least, most]), Step::Wait(delay)) => {
                assert!((least..=most).contains(&delay), "{delay:?} is not in {least:?}..={most:?}");
                if let Rule::Backoff(Growth { max_elapsed: Some(max), .. }) = self.rule {
                    assert!(self.elapsed.saturating_add(delay) <= max, "there is no time for {delay:?}");
                }
                State::Waiting(delay)
            }
            // It depends on the random part whether there is time for another wait.
            (Some([_, most]), Step::Stop) => {
                let Rule::Backoff(Growth { max_elapsed: Some(max), .. }) = self.rule else { panic!("it gave up") };
                assert!(self.elapsed.saturating_add(most) > max);
                State::Closed
            }
            (None, Step::Stop) => State::Closed,
            (may_be, then) => panic!("{then:?}, not {may_be:?}"),
        };
    }

    /// The bounds of a wait that grows; none if it is given up anyway.
    fn grown(&self, growth: Growth, time: Duration, least: Duration) -> Option<[Duration; 2]> {
        if growth.max_attempts.is_some_and(|attempts| self.in_a_row >= attempts) {
            return None;
        }
        let factor = if growth.factor >= 1.0 { growth.factor } else { 1.0 };
        let cap = growth.cap.max(time);
        let wait = match self.in_a_row.saturating_sub(1) {
            0 => time,
            growths => times(time, factor.powi(growths.cast_signed())).min(cap),
        };
        let jitter = growth.jitter.clamp(0.0, 1.0);
        let jitter = if jitter.is_nan() { 0.0 } else { jitter };
        let jitter = if self.in_a_row == 0 { jitter / 5.0 } else { jitter };
        let wait = wait.max(least);
        let most = wait.saturating_add(times(wait.min(cap), jitter));
        // Seconds in a float are exact to some 16 digits.
        let [less, more] = [times(wait, 1.0 - 1e-12), times(most, 1.0 + 1e-12)];
        let less =
            if self.in_a_row <= 1 || wait == least { wait } else { less.saturating_sub(Duration::from_nanos(50)) };
        let more = more.saturating_add(Duration::from_nanos(50));
        let bounds = [less, more];
        match growth.max_elapsed {
            Some(max) if self.elapsed.saturating_add(bounds[0]) > max => None,
            _ => Some(bounds),
        }
    }
}

fn times(time: Duration, factor: f64) -> Duration {
    if time.is_zero() {
        return time;
    }
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

//! Why an adaptor hands out no event.

use core::error::Error;
use core::fmt;

use crate::parser::LimitExceeded;

/// The error of an `EventStream` or an `EventReader` over a source whose errors are `E`.
///
/// `{}` shows it alone, and `{:#}` what the source says too. It is an [`Error`] itself if `E` is one, which a boxed error is
/// not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The source failed, and with it the stream: it ends here.
    Source(E),
    /// An event outgrew the limit and is lost; the stream goes on.
    LimitExceeded(LimitExceeded),
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) if f.alternate() => write!(f, "event stream cannot be read: {error:#}"),
            Self::Source(_) => f.write_str("event stream cannot be read"),
            Self::LimitExceeded(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for ReadError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Source(error) => Some(error),
            Self::LimitExceeded(_) => None,
        }
    }
}

impl<E> From<LimitExceeded> for ReadError<E> {
    fn from(error: LimitExceeded) -> Self {
        Self::LimitExceeded(error)
    }
}

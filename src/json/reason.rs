//! What serde says of data that it cannot read, without the data.

use alloc::string::ToString;
use core::error::Error;
use core::fmt;

use serde_json::error::Category;

/// An error of serde that shows nothing of the data.
///
/// It shows those of serde's sentences that are known, without the values in them; any other is one of a `Deserialize`, and
/// that may quote what it likes. Should serde change its words, less is shown and not more.
pub(super) struct Reason(pub(super) serde_json::Error);

/// What serde says it found where it wanted something else; the value may follow.
const KINDS: [&str; 11] = [
    "boolean",
    "integer",
    "floating point",
    "character",
    "number",
    "string",
    "byte array",
    "null",
    "unit value",
    "sequence",
    "map",
];

/// What stands between that and what the type says it wants; the last one in a sentence is serde's, whatever the data is.
const EXPECTED: &str = ", expected ";

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.0.to_string();
        let position = said.rfind(" at line ").filter(|_| self.0.line() > 0).unwrap_or(said.len());
        let said = &said[..position];
        match self.0.classify() {
            // Each of these is one of a few fixed texts.
            Category::Syntax | Category::Eof | Category::Io => f.write_str(said),
            Category::Data if names_the_type(said) => f.write_str(said),
            Category::Data => write_without_value(said, f),
        }
    }
}

/// Whether all that this quotes are names that the type has.
fn names_the_type(said: &str) -> bool {
    let field = said.strip_prefix("missing field `").or_else(|| said.strip_prefix("duplicate field `"));
    let untagged = said.strip_prefix("data did not match any variant of untagged enum ");
    field.and_then(|rest| rest.strip_suffix('`')).is_some_and(|name| !name.contains('`'))
        || untagged.is_some_and(|name| !name.contains(char::is_whitespace))
}

fn write_without_value(said: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for about in ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `", "unknown field `"] {
        let Some(rest) = said.strip_prefix(about) else { continue };
        f.write_str(about.trim_end_matches([':', ' ', '`']))?;
        if rest.ends_with("`, there are no variants") || rest.ends_with("`, there are no fields") {
            return Ok(());
        }
        if let Some(kind) = KINDS.iter().find(|kind| about.ends_with(": ") && rest.starts_with(**kind)) {
            write!(f, ": {kind}")?;
        }
        return match rest.rsplit_once(EXPECTED) {
            Some((_, expected)) => write!(f, "{EXPECTED}{expected}"),
            None => Ok(()),
        };
    }
    f.write_str("refused by the type, in words that may quote the data")
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

impl Error for Reason {}

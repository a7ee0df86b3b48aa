//! The path of a request, read so that it means the same to whoever reads it after us.

use icu_normalizer::ComposingNormalizer;

use crate::client::has_unsafe_characters;

/// The longest path that is read, in bytes.
pub const MAX_LENGTH: usize = 2_048;

/// A path that can be understood in one way only, as its segments, decoded. What a proxy, a framework or a file system
/// might take for another path is none: nobody shall pass the rule of one path and reach another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainPath(Vec<String>);

/// Why a path could be taken for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnclearPath {
    /// Longer than anybody needs.
    #[error("The path is longer than 2048 bytes.")]
    TooLong,
    /// Not absolute.
    #[error("The path does not begin with a slash.")]
    NotAbsolute,
    /// `//`, which some take for one slash.
    #[error("The path has two slashes in a row.")]
    EmptySegment,
    /// `.` or `..`, plain or encoded (RFC 3986 §3.3), and what some systems shorten to another name.
    #[error("The path has a dot segment, or a segment with a space before it or a space or dot at its end.")]
    DotSegment,
    /// A percent sign without two hex digits, or bytes that are not UTF-8.
    #[error("The path is not percent-encoded UTF-8.")]
    Encoding,
    /// A delimiter in disguise, which whoever decodes once more would take for itself, and the semicolon, after which some
    /// servers do not read on.
    #[error(
        "The path has a semicolon, or an encoded slash, backslash, question mark, number sign or percent sign."
    )]
    Delimiter,
    /// What a URI has in encoded form only, and what is not seen on a screen.
    #[error("The path has a character that a path must not have.")]
    Character,
    /// Letters that Unicode writes in another way too.
    #[error("The path has characters that are not in the normal form of Unicode (NFKC).")]
    NotNormal,
}

impl PlainPath {
    /// Reads the path of a request as it was sent, without its query.
    ///
    /// # Errors
    /// [`UnclearPath`].
    pub fn parse(path: &str) -> Result<Self, UnclearPath> {
        if path.len() > MAX_LENGTH {
            return Err(UnclearPath::TooLong);
        }
        let below = path.strip_prefix('/').ok_or(UnclearPath::NotAbsolute)?;
        let mut segments = Vec::new();
        let mut left = below.split('/').count();
        for segment in below.split('/') {
            left -= 1;
            // Only the last one may be empty: that is a slash at the end, which makes it another path (RFC 3986 §6.2.3).
            if segment.is_empty() && left > 0 {
                return Err(UnclearPath::EmptySegment);
            }
            segments.push(plain_segment(segment)?);
        }
        Ok(Self(segments))
    }

    /// Its segments; an empty one at the end where it ends with a slash.
    pub fn segments(&self) -> &[String] {
        &self.0
    }
}

/// One segment, decoded.
pub(super) fn plain_segment(segment: &str) -> Result<String, UnclearPath> {
    let decoded = decoded(segment)?;
    if decoded.contains(['/', '\\', '?', '#', '%', ';']) {
        return Err(UnclearPath::Delimiter);
    }
    if has_unsafe_characters(&decoded) {
        return Err(UnclearPath::Character);
    }
    if decoded.starts_with(' ') || decoded.ends_with(['.', ' ']) {
        return Err(UnclearPath::DotSegment);
    }
    if !ComposingNormalizer::new_nfkc().is_normalized(&decoded) {
        return Err(UnclearPath::NotNormal);
    }
    Ok(decoded)
}

/// `segment = *pchar` (RFC 3986 §3.3).
fn decoded(segment: &str) -> Result<String, UnclearPath> {
    let mut pieces = segment.split('%');
    let mut bytes = plain_bytes(pieces.next().unwrap_or_default())?.to_vec();
    for piece in pieces {
        let (hex, rest) = piece.split_at_checked(2).ok_or(UnclearPath::Encoding)?;
        let is_hex = hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = is_hex.then(|| u8::from_str_radix(hex, 16).ok()).flatten();
        bytes.push(byte.ok_or(UnclearPath::Encoding)?);
        bytes.extend_from_slice(plain_bytes(rest)?);
    }
    String::from_utf8(bytes).map_err(|_| UnclearPath::Encoding)
}

/// What stands for itself: unreserved characters, and the delimiters that mean nothing in a path. The semicolon is told
/// apart afterwards.
fn plain_bytes(text: &str) -> Result<&[u8], UnclearPath> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    let bytes = text.as_bytes();
    match bytes.iter().all(|byte| allowed(*byte)) {
        true => Ok(bytes),
        false => Err(UnclearPath::Character),
    }
}

//! How the characters of a file are written.

/// What is said of a file in UTF-16.
pub(super) const IS_UTF16: &str = "The file is in UTF-16; save it as UTF-8";

/// Whether a file is in UTF-16, by its beginning: it has a byte order mark, or every second byte is zero, as with letters that
/// ASCII has too.
pub fn is_utf16(start: &[u8]) -> bool {
    const LOOKED_AT: usize = 64;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    let (pairs, _) = start.get(..LOOKED_AT).unwrap_or(start).as_chunks::<2>();
    let all = |is_one: fn(&[u8; 2]) -> bool| pairs.len() >= 2 && pairs.iter().all(is_one);
    all(|[low, high]| *low != 0 && *high == 0) || all(|[high, low]| *high == 0 && *low != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_known_with_a_mark_and_without() {
        let little: Vec<u8> = "[{\"a\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "[{\"a\"".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for text in [&little[..], &big, b"\xff\xfe", b"\xfe\xff[", &little[..5]] {
            assert!(is_utf16(text), "{text:?}");
        }
        for text in [&b""[..], b"[", b"[\0", b"[{\"a\"}]", b"\0\0\0\0", b"a\0b\0c"] {
            assert_eq!(is_utf16(text), text == b"a\0b\0c", "{text:?}");
        }
    }
}

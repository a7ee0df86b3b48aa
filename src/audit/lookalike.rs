//! Which names a person takes for one another (in the spirit of Unicode UTS #39 §4, for the letters that matter most).

/// A text with everything taken out that a hurried eye does not see: case, gaps, accents of letters that have twins, and
/// which of several like letters it is. Two texts of one skeleton look alike.
pub(super) fn skeleton(text: &str) -> String {
    let mut skeleton = String::with_capacity(text.len());
    let mut push = |c: char| match twin(c) {
        Some(twin) => skeleton.push_str(twin),
        None if c.is_alphanumeric() => skeleton.push(c),
        None => {}
    };
    if text.is_ascii() {
        // Nearly every text is.
        text.bytes()
            .for_each(|byte| push(char::from(byte.to_ascii_lowercase())));
    } else {
        text.chars().flat_map(char::to_lowercase).for_each(push);
    }
    for (twins, one) in [("rn", "m"), ("vv", "w")] {
        if skeleton.contains(twins) {
            skeleton = skeleton.replace(twins, one);
        }
    }
    skeleton
}

/// The Latin letters that a character looks like.
fn twin(c: char) -> Option<&'static str> {
    Some(match c {
        '0' | 'о' | 'ο' | 'օ' | 'ö' | 'ó' | 'ò' => "o",
        '1' | 'i' | 'ı' | 'і' | 'ι' | '|' | 'í' | 'ì' | 'ӏ' => "l",
        '3' | 'з' => "3",
        '5' => "s",
        'а' | 'α' | 'á' | 'à' | 'ä' => "a",
        'с' | 'ϲ' => "c",
        'е' | 'é' | 'è' | 'ë' => "e",
        'һ' => "h",
        'ј' => "j",
        'к' | 'κ' => "k",
        'м' => "m",
        'п' => "n",
        'р' | 'ρ' => "p",
        'ѕ' => "s",
        'т' | 'τ' => "t",
        'у' | 'γ' => "y",
        'υ' | 'ü' | 'ú' => "u",
        'ν' | 'ѵ' => "v",
        'х' | 'χ' => "x",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_alike_have_one_skeleton_and_others_do_not() {
        for (one, other) in [
            ("PayPal", "paypa1"),
            ("Billing portal", "billing-portal"),
            ("Payroll", "Рауroll"),
            ("corner", "comer"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [("Billing", "Payroll"), ("App 2", "App 4"), ("给", "他")] {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }
}

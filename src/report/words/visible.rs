//! Foreign text made harmless: what a terminal would obey is shown instead.

use std::fmt::Write as _;

/// Shows what a terminal would obey: escapes, control characters, direction overrides and characters
/// without width. The result is one line and safe to print.
///
/// Escape becomes `␛`, NUL `␀`, a new line `␊`; others stand as `⟨U+202E⟩`.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match picture(letter) {
            Some(picture) => shown.push(picture),
            None if is_hidden(letter) => {
                write!(shown, "⟨U+{:04X}⟩", u32::from(letter)).expect("a string takes all");
            }
            None => shown.push(letter),
        }
    }
    shown
}

/// The same in ASCII: `\x1b`, `\u{202e}`; punctuation by what comes nearest.
pub(super) fn visible_ascii(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' '..='~' => shown.push(letter),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => {
                write!(shown, "\\x{:02x}", u32::from(letter)).expect("a string takes all");
            }
            _ => match near(letter) {
                Some(near) => shown.push_str(near),
                None => {
                    write!(shown, "\\u{{{:x}}}", u32::from(letter)).expect("a string takes all");
                }
            },
        }
    }
    shown
}

/// The control picture of a C0 control character.
fn picture(letter: char) -> Option<char> {
    match letter {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(letter)),
        '\x7f' => Some('␡'),
        _ => None,
    }
}

/// Whether a character changes how others are shown, or is not seen itself.
fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn near(letter: char) -> Option<&'static str> {
    Some(match letter {
        '…' => "...",
        '·' | '–' | '—' | '─' | '−' => "-",
        '“' | '”' | '„' => "\"",
        '‘' | '’' => "'",
        '→' => "->",
        '←' => "<-",
        '≤' => "<=",
        '≥' => ">=",
        '×' => "x",
        '┆' | '│' => "|",
        '\u{a0}' => " ",
        '\u{fffd}' => "?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        assert_eq!(
            visible("\x1b[31mred\x1b[0m\0\r\n\t\x7f"),
            "␛[31mred␛[0m␀␍␊␉␡"
        );
        assert_eq!(
            visible("\u{9b}2J \u{202e}abc\u{2069} \u{200b}"),
            "⟨U+009B⟩2J ⟨U+202E⟩abc⟨U+2069⟩ ⟨U+200B⟩"
        );
        assert_eq!(visible("grüße 日本 �"), "grüße 日本 �");
    }

    #[test]
    fn ascii_is_ascii_whatever_comes() {
        let all: String = (0..0x3000).filter_map(char::from_u32).collect();
        assert!(
            visible_ascii(&all)
                .bytes()
                .all(|b| (b' '..=b'~').contains(&b))
        );
        assert_eq!(visible_ascii("a … \x1b é"), "a ... \\x1b \\u{e9}");
    }

    #[test]
    fn no_control_character_passes() {
        let all: String = (0..0x11_0000).filter_map(char::from_u32).collect();
        assert!(!visible(&all).chars().any(char::is_control));
    }
}

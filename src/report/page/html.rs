//! HTML being written: what is not ours goes through [`Html::text`] and in no other way.

/// A page that grows.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Marks of our own.
    pub(super) fn raw(&mut self, marks: &str) {
        self.0.push_str(marks);
    }

    /// Somebody's words, in an element or in a quoted attribute: nothing in them is a mark.
    pub(super) fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(' '),
                // Neither those that no page may hold nor those that turn the direction around.
                _ if letter.is_control() || is_directional(letter) => self.0.push('\u{fffd}'),
                _ => self.0.push(letter),
            }
        }
    }

    /// An element with somebody's words in it.
    pub(super) fn element(&mut self, name: &str, class: &str, text: &str) {
        self.raw("<");
        self.raw(name);
        self.class(class);
        self.text(text);
        self.raw("</");
        self.raw(name);
        self.raw(">");
    }

    /// Ends an opening mark, with a class where there is one.
    pub(super) fn class(&mut self, class: &str) {
        if !class.is_empty() {
            self.raw(" class=\"");
            self.raw(class);
            self.raw("\"");
        }
        self.raw(">");
    }
}

/// Overrides and isolates of the bidirectional algorithm.
fn is_directional(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_marks() {
        let mut html = Html::new();
        html.element("b", "c", "</b><script>\"'&\u{0}\u{202e}\n</script>");
        assert_eq!(
            html.into_text(),
            "<b class=\"c\">&lt;/b&gt;&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd} &lt;/script&gt;</b>"
        );
    }
}

//! What opens an address on a learner's machine.

/// The commands to try, one after the other: what `$BROWSER` names, else the desktop's own. `has` says
/// whether a variable of the environment is set. None where there is no desktop to open anything on.
pub(crate) fn openers(
    address: &str,
    browser: Option<&str>,
    has: impl Fn(&str) -> bool,
) -> Vec<Vec<String>> {
    // No shell, so an address is one word; a dash in front would be an option.
    let is_address = address.starts_with("https://") || address.starts_with("http://");
    if !is_address {
        return Vec::new();
    }
    let named = browser.unwrap_or_default().split(':');
    let named = named.filter_map(|line| {
        let mut words = shlex::split(line).filter(|words| !words.is_empty())?;
        let has_place = words.iter().any(|word| word.contains("%s"));
        for word in &mut words {
            *word = word.replace("%s", address);
        }
        if !has_place {
            words.push(address.to_owned());
        }
        Some(words)
    });
    let mut all: Vec<Vec<String>> = named.collect();
    let with = |command: &[&str]| {
        let words = command.iter().chain([&address]);
        words.map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    if cfg!(target_os = "macos") {
        all.push(with(&["open"]));
    } else {
        if has("WSL_DISTRO_NAME") {
            all.push(with(&["wslview"]));
        }
        // Without a screen it would look for a browser that wants our terminal.
        if has("DISPLAY") || has("WAYLAND_DISPLAY") {
            all.push(with(&["xdg-open"]));
            all.push(with(&["gio", "open"]));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://www.rfc-editor.org/rfc/rfc9110.html#name-etag";

    fn told(browser: Option<&str>, set: &[&str]) -> Vec<String> {
        let all = openers(ADDRESS, browser, |name| set.contains(&name));
        let told = all
            .into_iter()
            .map(|words| words.join(" ").replace(ADDRESS, "X"));
        told.collect()
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn the_named_browser_comes_first_and_without_a_screen_it_is_the_only_one() {
        let cases: [(Option<&str>, &[&str], &[&str]); 6] = [
            (None, &[], &[]),
            (None, &["DISPLAY"], &["xdg-open X", "gio open X"]),
            (None, &["WSL_DISTRO_NAME"], &["wslview X"]),
            (Some("firefox"), &[], &["firefox X"]),
            (Some("a --new %s:b"), &[], &["a --new X", "b X"]),
            (
                Some(" :'unclosed:"),
                &["WAYLAND_DISPLAY"],
                &["xdg-open X", "gio open X"],
            ),
        ];
        for (browser, set, wanted) in cases {
            assert_eq!(told(browser, set), wanted, "{browser:?} {set:?}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_opened() {
        for strange in ["--version", "file:///etc/passwd", "javascript:x", ""] {
            let all = openers(strange, Some("firefox"), |_| true);
            assert_eq!(all, Vec::<Vec<String>>::new(), "{strange}");
        }
    }
}

//! The field `Link` (RFC 8288), read as it is written.

/// One link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    /// The reference between `<` and `>`.
    pub(crate) target: String,
    /// Its relations, in lower case.
    pub(crate) relations: Vec<String>,
}

/// All links of a field; what is wrong with its form, as a fragment, where it cannot be read.
pub(crate) fn links(field: &str) -> Result<Vec<Link>, String> {
    let mut links = Vec::new();
    let mut rest = field.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let inner = rest
            .strip_prefix('<')
            .ok_or_else(|| format!("`{}` does not begin with <", start_of(rest)))?;
        let (target, mut tail) = inner
            .split_once('>')
            .ok_or_else(|| format!("`{}` has no >", start_of(rest)))?;
        let mut relations: Option<Vec<String>> = None;
        loop {
            tail = tail.trim_start();
            let Some(parameter) = tail.strip_prefix(';') else {
                break;
            };
            let (name, value, behind) = parameter_of(parameter)?;
            // The first `rel` counts (RFC 8288 §3.3).
            if name == "rel" && relations.is_none() {
                let each = value.split_ascii_whitespace();
                relations = Some(each.map(str::to_ascii_lowercase).collect());
            }
            tail = behind;
        }
        links.push(Link {
            target: target.trim().to_owned(),
            relations: relations.unwrap_or_default(),
        });
        rest = match tail.strip_prefix(',') {
            Some(more) => more.trim_start_matches([' ', '\t', ',']),
            None if tail.is_empty() => tail,
            None => return Err(format!("`{}` stands where a comma belongs", start_of(tail))),
        };
    }
    Ok(links)
}

/// A parameter behind its semicolon: its name, its value, and what follows.
fn parameter_of(text: &str) -> Result<(String, String, &str), String> {
    let text = text.trim_start();
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let name = text[..end].trim().to_ascii_lowercase();
    let Some(value) = text[end..].strip_prefix('=') else {
        return Ok((name, String::new(), &text[end..]));
    };
    let value = value.trim_start();
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find([';', ',']).unwrap_or(value.len());
        return Ok((name, value[..end].trim().to_owned(), &value[end..]));
    };
    let mut read = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((name, read, &quoted[at + 1..])),
            '\\' => read.extend(characters.next().map(|(_, escaped)| escaped)),
            other => read.push(other),
        }
    }
    Err(format!("`{}` has no closing quote", start_of(value)))
}

fn start_of(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// On the program itself: the path with its query.
    Own(String),
    /// Elsewhere, by a URL that has the form of one.
    Elsewhere,
    /// Nowhere: why, as a fragment.
    Nowhere(&'static str),
}

/// Resolves a link of the answer to `base` (a path) on the program at `authority`.
pub(crate) fn resolve(target: &str, base: &str, authority: &str) -> Place {
    if target.is_empty() {
        return Place::Nowhere("is empty");
    }
    if target.contains([' ', '"', '<', '\\']) || target.chars().any(char::is_control) {
        return Place::Nowhere("holds characters that no URI has");
    }
    let (target, _) = target.split_once('#').unwrap_or((target, ""));
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let rest = match scheme.filter(|text| is_scheme(text)) {
        Some(scheme) if ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            match target[scheme.len() + 1..].strip_prefix("//") {
                Some(rest) => rest,
                None => return Place::Nowhere("has no host"),
            }
        }
        Some(_) => return Place::Elsewhere,
        None => match target.strip_prefix("//") {
            Some(rest) => rest,
            None => return Place::Own(path_of(target, base)),
        },
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if host.is_empty() {
        return Place::Nowhere("has no host");
    }
    let port = authority.rsplit(':').next().unwrap_or_default();
    if host == authority || host == format!("localhost:{port}") {
        let path = format!("/{}", path.trim_start_matches('/'));
        return Place::Own(path_of(&path, base));
    }
    Place::Elsewhere
}

/// A relative reference as a path (RFC 3986 §5.2).
fn path_of(target: &str, base: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (target, String::new()),
    };
    let folder = base.split('?').next().unwrap_or_default();
    let folder = &folder[..folder.rfind('/').map_or(0, |at| at + 1)];
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}{path}")
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.trim_start_matches('/').split('/') {
        match step {
            "." => {}
            ".." => drop(steps.pop()),
            other => steps.push(other),
        }
    }
    format!("/{}{query}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_with_their_relations_in_whatever_form() {
        let all = links(
            r#"</v2/orders>; rel="successor-version", <https://a.example/x,y>;title="a, \"b\";c";rel=Deprecation , </s>; foo; rel="a  b"; rel=c"#,
        );
        let read: Vec<(String, String)> = all
            .expect("a test's own input")
            .into_iter()
            .map(|link| (link.target, link.relations.join("+")))
            .collect();
        let wanted = [
            ("/v2/orders", "successor-version"),
            ("https://a.example/x,y", "deprecation"),
            ("/s", "a+b"),
        ];
        assert_eq!(read, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
        for bad in ["/v2", "<a", "<a> b", "<a>; rel=\"b"] {
            assert!(links(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_target_is_resolved_against_the_answer_that_names_it() {
        let own = |path: &str| Place::Own(path.to_owned());
        let of = |target| resolve(target, "/v1/orders/7?x=1", "orders.test:80");
        assert_eq!(of("/v2/orders"), own("/v2/orders"));
        assert_eq!(of("../../v2/orders"), own("/v2/orders"));
        assert_eq!(
            of("http://orders.test:80/openapi.json#a"),
            own("/openapi.json")
        );
        assert_eq!(of(concat!("http://localhost", ":80?a")), own("/?a"));
        assert_eq!(of("//orders.test:80/v2"), own("/v2"));
        assert_eq!(of("https://docs.example/v1"), Place::Elsewhere);
        assert_eq!(of("mailto:api@example.com"), Place::Elsewhere);
        assert!(matches!(of("https://"), Place::Nowhere(_)));
        assert!(matches!(of("/a b"), Place::Nowhere(_)));
        assert!(matches!(of(""), Place::Nowhere(_)));
    }
}

//! JSON values against each other.

use serde_json::Value;

/// The first place at which two values differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// What was expected there; `None`: nothing.
    pub expected: Option<Value>,
    /// What is there; `None`: nothing.
    pub actual: Option<Value>,
}

/// Members that only the actual value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Are a difference.
    Counts,
    /// Are tolerated, at every depth.
    Tolerated,
}

/// The first difference, in the order of the expected value; numbers are equal as numbers.
pub fn first_difference(expected: &Value, actual: &Value, extra: Extra) -> Option<Difference> {
    differ(expected, actual, extra, "")
}

fn differ(expected: &Value, actual: &Value, extra: Extra, at: &str) -> Option<Difference> {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(found)) => {
            let missing_or_other = wanted.iter().find_map(|(name, value)| {
                let pointer = below(at, name);
                match found.get(name) {
                    Some(theirs) => differ(value, theirs, extra, &pointer),
                    None => Some(difference(pointer, Some(value), None)),
                }
            });
            missing_or_other.or_else(|| {
                let (name, value) = found.iter().find(|(name, _)| !wanted.contains_key(*name))?;
                (extra == Extra::Counts).then(|| difference(below(at, name), None, Some(value)))
            })
        }
        (Value::Array(wanted), Value::Array(found)) => {
            let longer = wanted.len().max(found.len());
            (0..longer).find_map(|place| {
                let pointer = format!("{at}/{place}");
                match (wanted.get(place), found.get(place)) {
                    (Some(ours), Some(theirs)) => differ(ours, theirs, extra, &pointer),
                    (ours, theirs) => Some(difference(pointer, ours, theirs)),
                }
            })
        }
        (Value::Number(a), Value::Number(b)) if a == b || a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => Some(difference(at.to_owned(), Some(a), Some(b))),
    }
}

fn difference(pointer: String, expected: Option<&Value>, actual: Option<&Value>) -> Difference {
    Difference {
        pointer,
        expected: expected.cloned(),
        actual: actual.cloned(),
    }
}

/// The pointer to a member, escaped as RFC 6901 has it.
pub fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(expected: &Value, actual: &Value, extra: Extra) -> Option<String> {
        first_difference(expected, actual, extra).map(|found| found.pointer)
    }

    #[test]
    fn the_first_difference_is_named_by_its_pointer() {
        let order = json!({"id": "7", "limit_price": {"amount": "1.5", "a/b": [1, 2]}});
        assert_eq!(first(&order, &order, Extra::Counts), None);
        let other = json!({"id": "7", "limit_price": {"amount": "1.5", "a/b": [1, 3]}});
        assert_eq!(
            first_difference(&order, &other, Extra::Counts),
            Some(Difference {
                pointer: "/limit_price/a~1b/1".into(),
                expected: Some(json!(2)),
                actual: Some(json!(3)),
            })
        );
        let shorter = json!({"id": "7", "limit_price": {"a/b": [1, 2]}});
        assert_eq!(
            first(&order, &shorter, Extra::Counts).as_deref(),
            Some("/limit_price/amount")
        );
        assert_eq!(
            first(&json!([1]), &json!([1, 2]), Extra::Tolerated).as_deref(),
            Some("/1")
        );
        assert_eq!(
            first(&json!(1), &json!("1"), Extra::Counts).as_deref(),
            Some("")
        );
    }

    #[test]
    fn further_members_count_only_where_they_should() {
        let (ours, theirs) = (json!({"a": 1}), json!({"a": 1.0, "b": null}));
        assert_eq!(first(&ours, &theirs, Extra::Counts).as_deref(), Some("/b"));
        assert_eq!(first(&ours, &theirs, Extra::Tolerated), None);
    }
}

//! Operations of the contract, as a document has them.

use mastery_kit::{checker::json::below, verdict::Mismatch};
use serde_json::Value;

use super::document::Document;

/// The operations of the contract that a document has to have.
pub(super) const OPERATIONS: [(&str, &str); 9] = [
    ("POST", "/v1/orders"),
    ("GET", "/v1/orders"),
    ("GET", "/v1/orders/{id}"),
    ("DELETE", "/v1/orders/{id}"),
    ("POST", "/v2/orders"),
    ("GET", "/v2/orders"),
    ("GET", "/v2/orders/{id}"),
    ("PATCH", "/v2/orders/{id}"),
    ("POST", "/v2/orders/{id}/cancel"),
];

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One operation of a document.
pub(super) struct Operation<'d> {
    pub(super) node: &'d Value,
    pub(super) pointer: String,
}

impl Document {
    /// The operation with this method at this path; parameters may have any name.
    pub(super) fn operation(
        &self,
        method: &str,
        template: &str,
    ) -> Result<Option<Operation<'_>>, Mismatch> {
        let wanted = shape(template);
        for (path, item, pointer) in self.path_items()? {
            let name = method.to_ascii_lowercase();
            let Some(node) = item.get(&name).filter(|node| node.is_object()) else {
                continue;
            };
            let bases = self.bases(node, item)?;
            if bases
                .iter()
                .any(|base| shape(&format!("{base}{path}")) == wanted)
            {
                let pointer = below(&pointer, &name);
                return Ok(Some(Operation { node, pointer }));
            }
        }
        Ok(None)
    }

    /// What the document says of an answer with this status: where it stands.
    pub(super) fn response(
        &self,
        operation: &Operation<'_>,
        status: u16,
    ) -> Result<Option<(&Value, String)>, Mismatch> {
        let responses = &operation.node["responses"];
        let range = status / 100;
        for key in [
            status.to_string(),
            format!("{range}XX"),
            format!("{range}xx"),
            "default".to_owned(),
        ] {
            if responses.get(&key).is_some() {
                let at = below(&format!("{}/responses", operation.pointer), &key);
                return self.follow(&at).map(Some);
            }
        }
        Ok(None)
    }

    /// Every path item is an object, and every operation has responses.
    pub(super) fn paths_are_whole(&self) -> Result<(), Mismatch> {
        for (path, item, pointer) in self.path_items()? {
            if !item.is_object() {
                let summary = format!("The path {path} of your document is no object.");
                return Err(self.wrong(&pointer, summary, "a path item", item.to_string()));
            }
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                if operation.get("responses").is_some_and(Value::is_object) {
                    continue;
                }
                let upper = method.to_ascii_uppercase();
                let summary = format!("{upper} {path} of your document has no responses.");
                let at = below(&pointer, method);
                return Err(self.wrong(&at, summary, "an object `responses`", "none"));
            }
        }
        Ok(())
    }

    fn path_items(&self) -> Result<Vec<(&str, &Value, String)>, Mismatch> {
        let paths = self.root()?["paths"].as_object();
        let mut items = Vec::new();
        for name in paths.into_iter().flat_map(|all| all.keys()) {
            // Extensions (`x-…`) stand beside the paths.
            if name.starts_with('/') {
                let (item, pointer) = self.follow(&below("/paths", name))?;
                items.push((name.as_str(), item, pointer));
            }
        }
        Ok(items)
    }

    /// The paths that servers put before an operation's own.
    fn bases(&self, operation: &Value, item: &Value) -> Result<Vec<String>, Mismatch> {
        let root = self.root()?;
        let servers = [operation, item, root]
            .into_iter()
            .find_map(|holder| holder.get("servers").and_then(Value::as_array))
            .filter(|servers| !servers.is_empty());
        let Some(servers) = servers else {
            return Ok(vec![String::new()]);
        };
        Ok(servers.iter().map(base).collect())
    }
}

/// The path of a server's URL, without a slash at its end.
fn base(server: &Value) -> String {
    let mut url = server["url"].as_str().unwrap_or_default().to_owned();
    let variables = server.get("variables").and_then(Value::as_object);
    for (name, variable) in variables.into_iter().flatten() {
        let value = variable["default"].as_str().unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), value);
    }
    let rest = match url.split_once("//") {
        Some((before, rest)) if !before.contains('/') => {
            rest.find('/').map_or("", |begin| &rest[begin..])
        }
        _ => url.as_str(),
    };
    let rest = rest.trim_end_matches('/');
    // A relative URL is one of the document, which stands at the root.
    match rest.trim_start_matches("./") {
        "" | "." => String::new(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    }
}

/// A path template without the names of its parameters.
fn shape(template: &str) -> Vec<&str> {
    let steps = template.split('/').filter(|step| !step.is_empty());
    steps
        .map(|step| {
            if step.starts_with('{') && step.ends_with('}') {
                "{}"
            } else {
                step
            }
        })
        .collect()
}

/// What a document has in place of an operation that it lacks.
pub(super) fn listed(document: &Document) -> Result<String, Mismatch> {
    let mut all = Vec::new();
    for (path, item, _) in document.path_items()? {
        for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
            all.push(format!("{} {path}", method.to_ascii_uppercase()));
        }
    }
    if all.is_empty() {
        return Ok("no operation".to_owned());
    }
    Ok(all.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_servers_path_stands_before_the_operations() {
        for (server, wanted) in [
            (json!({"url": "/"}), ""),
            (json!({"url": "http://orders.test:8080"}), ""),
            (json!({"url": "https://api.example.com/v2/"}), "/v2"),
            (json!({"url": "./"}), ""),
            (json!({"url": "v2"}), "/v2"),
            (
                json!({"url": "{scheme}://{host}/{version}", "variables": {
                    "scheme": {"default": "http"}, "host": {"default": "a"}, "version": {"default": "v2"}
                }}),
                "/v2",
            ),
        ] {
            assert_eq!(base(&server), wanted, "{server}");
        }
        assert_eq!(shape("/v2/orders/{orderId}"), shape("//v2/orders/{id}"));
        assert_ne!(shape("/v2/orders/{id}"), shape("/v2/orders/search"));
    }
}

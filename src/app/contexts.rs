//! Contexts of Docker's command line, for `mastery doctor`: the engine that `docker` speaks to may
//! be another than the one that services are started on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::doctor::Finding;

/// Where services are started without `DOCKER_HOST`.
const DEFAULT: &str = "unix:///var/run/docker.sock";

/// One finding where Docker's command line was ever set up here.
pub(super) fn examine(variable: impl Fn(&str) -> Option<String>) -> Option<Finding> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let folder = set("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(Path::new(&set("HOME")?).join(".docker")))?;
    let subject = "docker context";
    if let Some(host) = set("DOCKER_HOST") {
        return Some(Finding::good(
            subject,
            format!("DOCKER_HOST={host} decides"),
        ));
    }
    let contexts = contexts(&folder);
    let chosen = set("DOCKER_CONTEXT").or_else(|| current(&folder));
    let names: Vec<&str> = contexts.iter().map(|(name, _)| name.as_str()).collect();
    let Some(chosen) = chosen.filter(|name| name != "default") else {
        if names.is_empty() {
            return None;
        }
        let found = format!("default ({DEFAULT}); there are also {}", names.join(", "));
        return Some(Finding::good(subject, found));
    };
    let Some((_, host)) = contexts.iter().find(|(name, _)| *name == chosen) else {
        let found = format!("`{chosen}` is chosen, and there is no such context");
        return Some(Finding::optional(subject, found).deed("docker context use default"));
    };
    if host == DEFAULT {
        return Some(Finding::good(subject, format!("{chosen} ({host})")));
    }
    let found = format!("`docker` speaks to {chosen} ({host}), services start on {DEFAULT}");
    let deed = if host.starts_with("unix://") {
        format!("To have them there too: export DOCKER_HOST={host}")
    } else {
        "Services must run on this machine: docker context use default".to_owned()
    };
    Some(Finding::optional(subject, found).deed(deed))
}

fn current(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("config.json")).ok()?;
    let config: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(config["currentContext"].as_str()?.to_owned())
}

/// Names and addresses, in order.
fn contexts(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder.join("contexts/meta"))
        .into_iter()
        .flatten();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(path.join("meta.json")).ok()?;
        let meta: serde_json::Value = serde_json::from_str(&text).ok()?;
        let host = meta["Endpoints"]["docker"]["Host"].as_str()?.to_owned();
        Some((meta["Name"].as_str()?.to_owned(), host))
    };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| read(entry.path()))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::Health;

    fn examined(chosen: Option<&str>, host: &str, more: &[(&str, &str)]) -> Option<Finding> {
        let home = tempfile::tempdir().unwrap();
        let meta = home.path().join(".docker/contexts/meta/1");
        fs::create_dir_all(&meta).unwrap();
        let text = serde_json::json!({"Name": "colima", "Endpoints": {"docker": {"Host": host}}});
        fs::write(meta.join("meta.json"), text.to_string()).unwrap();
        if let Some(chosen) = chosen {
            let config = serde_json::json!({"currentContext": chosen}).to_string();
            fs::write(home.path().join(".docker/config.json"), config).unwrap();
        }
        examine(|name| match name {
            "HOME" => Some(home.path().display().to_string()),
            name => more
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned()),
        })
    }

    #[test]
    fn a_context_that_services_do_not_follow_is_told_with_what_to_do() {
        let finding = examined(Some("colima"), "unix:///home/a/colima.sock", &[]).unwrap();
        assert_eq!(finding.state, Health::Optional);
        let deed = finding.deed.unwrap();
        assert!(
            deed.ends_with("export DOCKER_HOST=unix:///home/a/colima.sock"),
            "{deed}"
        );
        let elsewhere = examined(Some("colima"), "ssh://build", &[]).unwrap();
        assert!(
            elsewhere
                .deed
                .unwrap()
                .ends_with("docker context use default")
        );
        let gone = examined(Some("desktop"), DEFAULT, &[]).unwrap();
        assert!(gone.found.contains("no such context"));
    }

    #[test]
    fn the_default_and_a_variable_are_good() {
        let host = [("DOCKER_HOST", "unix:///x.sock")];
        for finding in [
            examined(None, "unix:///c.sock", &[]),
            examined(Some("default"), "unix:///c.sock", &[]),
            examined(Some("colima"), "unix:///c.sock", &host),
            examined(Some("colima"), DEFAULT, &[]),
        ] {
            assert_eq!(finding.unwrap().state, Health::Good);
        }
        assert_eq!(examine(|_| None), None);
    }
}

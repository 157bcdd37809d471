//! One `[[program]]` of a submission.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::spec::{Ready, RunSpec};
use toml::{Spanned, de::DeValue};

use super::{TextError, command::commands, reader::Section};
use crate::curriculum::suggest;

const RUN_EXAMPLE: &str = "run = [\"python3\", \"app.py\"]";

type Read<T> = Result<T, TextError>;

/// Reads the program's table, whose name is already known to be its own.
pub(super) fn program(section: Section<'_>, name: &Spanned<&str>) -> Read<RunSpec> {
    section.only(&[
        "name",
        "build",
        "run",
        "ready",
        "ports",
        "start_limit_s",
        "stop_grace_s",
        "build_limit_s",
    ])?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.get_ref().chars().all(is_plain) || name.get_ref().starts_with('.') {
        return Err(section
            .source()
            .error(
                name.span(),
                format!("`{}` is no name for a program", name.get_ref()),
                "letters, digits, `-`, `_` and `.`",
            )
            .help("Call it `api`."));
    }
    let build = section
        .get("build")
        .map(|value| commands(section, "build", value, "build = \"go build -o bin/api .\""))
        .transpose()?
        .unwrap_or_default();
    let run = section.required("run", RUN_EXAMPLE)?;
    let mut command = commands(section, "run", run, RUN_EXAMPLE)?;
    if command.len() > 1 {
        return Err(section
            .source()
            .error(run.span(), "`run` is one command", "these are several")
            .help("Move the commands before the last one into `build`."));
    }
    let ports = ports(section)?;
    let ready = section
        .get("ready")
        .map(|value| ready(section, value))
        .transpose()?;
    let needs_a_port = matches!(ready, Some(Ready::Http { .. } | Ready::Grpc | Ready::Tcp));
    if let (true, true, Some(value)) = (needs_a_port, ports.is_empty(), section.get("ready")) {
        return Err(section
            .source()
            .error(
                value.span(),
                "`ready` asks at a port, and there is none",
                "asks at the first port",
            )
            .help("Add a line like `ports = [\"PORT\"]`."));
    }
    Ok(RunSpec {
        name: (*name.get_ref()).to_owned(),
        build,
        command: command.pop().expect("`commands` gives at least one"),
        env: BTreeMap::new(),
        ports,
        ready,
        start_limit: Duration::from_secs(section.number("start_limit_s", 1..=300, 30)?),
        grace: Duration::from_secs(section.number("stop_grace_s", 1..=60, 10)?),
    })
}

/// How a program shows that it is ready.
pub(super) fn ready(section: Section<'_>, value: &Spanned<DeValue<'_>>) -> Read<Ready> {
    let Some(text) = value.get_ref().as_str() else {
        return Err(section.wrong("ready", value, "a string"));
    };
    Ready::parse(text).map_err(|why| {
        let first = text.split(':').next().unwrap_or(text);
        let error = section
            .source()
            .error(value.span(), "`ready` is not understood", why);
        match suggest(first, ["http", "grpc", "tcp", "line"]) {
            Some("line") => error.help("Write something like `ready = \"line:^listening\"`."),
            Some(word @ ("grpc" | "tcp")) => error.help(format!("Write `ready = \"{word}\"`.")),
            _ => error.help("Write something like `ready = \"http:/healthz\"`."),
        }
    })
}

fn ports(section: Section<'_>) -> Read<Vec<String>> {
    let Some(value) = section.get("ports") else {
        return Ok(Vec::new());
    };
    let wanted = "a list of names of variables";
    let Some(items) = value.get_ref().as_array() else {
        return Err(section.wrong("ports", value, wanted));
    };
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let Some(name) = item.get_ref().as_str() else {
            return Err(section.wrong("ports", item, wanted));
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let why = match name {
            _ if !is_name => "upper-case letters, digits and `_`",
            "HOST" | "PATH" | "HOME" => "it is set to something else",
            _ if names.iter().any(|there| there == name) => "it stands here twice",
            _ => {
                names.push(name.to_owned());
                continue;
            }
        };
        return Err(section
            .source()
            .error(item.span(), format!("`{name}` is no name for a port"), why)
            .help("Write something like `ports = [\"PORT\"]`."));
    }
    Ok(names)
}

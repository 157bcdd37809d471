//! The JSON Schemas in docs/ say what the readers do.

#![expect(
    clippy::unwrap_used,
    reason = "files of the repository: what cannot be read fails the test"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jsonschema::Validator;
use mastery::{
    curriculum::Curriculum,
    grading::event::{GradeEvent, Stamped},
    workspace::{Submission, Workspace},
};
use serde_json::Value;

const NAMES: [&str; 5] = ["submission", "mastery", "curriculum", "lab", "events"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path(name: &str) -> PathBuf {
    root().join(format!("docs/schema/{name}.schema.json"))
}

fn schema(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

fn validator(name: &str) -> Validator {
    jsonschema::validator_for(&schema(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// `name` in the folders below, two levels deep.
fn below(folder: &str, name: &str) -> Vec<PathBuf> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).unwrap().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect()
    };
    let inner = folders(&root().join(folder))
        .into_iter()
        .flat_map(|path| folders(&path));
    inner
        .map(|path| path.join(name))
        .filter(|path| path.is_file())
        .collect()
}

#[test]
fn every_file_of_the_course_is_valid() {
    let files = [
        (
            "curriculum",
            vec![root().join("curriculum/curriculum.toml")],
        ),
        ("lab", below("curriculum", "lab.toml")),
        ("submission", below("templates", "submission.toml")),
        (
            "mastery",
            vec![root().join("templates/workspace/mastery.toml")],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, files) in files {
        assert!(!files.is_empty(), "{name}");
        let validator = validator(name);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let value: toml::Value = toml::from_str(&text).unwrap();
            let value = serde_json::to_value(value).unwrap();
            let told = |error| format!("{}: {error}", file.display());
            wrong.extend(validator.iter_errors(&value).map(told));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_workspace_gets_the_schemas_as_they_are() {
    for name in ["submission", "mastery"] {
        let laid = format!("templates/workspace/utils/schema/{name}.schema.json");
        let laid = fs::read_to_string(root().join(laid)).unwrap();
        assert!(laid == fs::read_to_string(path(name)).unwrap(), "{name}");
    }
}

/// No reader knows it, and none takes it for a misspelt key.
const STRANGE: &str = "qqqq = 1";

/// The keys that a reader lists when it meets a strange one.
fn told(complaint: &str) -> BTreeSet<String> {
    let marks = ["The keys here are ", "known keys are "];
    let list = marks.iter().find_map(|mark| complaint.split_once(mark));
    let (_, list) = list.unwrap_or_else(|| panic!("no keys are listed in {complaint}"));
    let line = list.lines().next().unwrap_or_default();
    line.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The keys of the schema's table at this place.
fn keys(name: &str, place: &str) -> BTreeSet<String> {
    let schema = schema(name);
    let table = schema
        .pointer(place)
        .unwrap_or_else(|| panic!("{name} has no {place}"));
    assert_eq!(
        table["additionalProperties"], false,
        "{name} {place} takes any key"
    );
    table["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[test]
fn a_submission_has_the_keys_that_are_read() {
    let good = "schema = 1\nlab = \"rest-api\"\n\
        made_from = { revision = 1, contract = \"blake3:00\" }\n\
        [[program]]\nname = \"api\"\nrun = \"api\"\n[profile]\ncapture = \"http:/p\"\n";
    let read = |text: &str| Submission::parse(text, "submission.toml", "rest-api", &[]);
    assert!(read(good).is_ok());
    for (place, at, with) in [
        ("", "schema = 1\n", format!("schema = 1\n{STRANGE}\n")),
        (
            "/properties/made_from",
            "made_from = { ",
            format!("made_from = {{ {STRANGE}, "),
        ),
        (
            "/$defs/program",
            "[[program]]\n",
            format!("[[program]]\n{STRANGE}\n"),
        ),
        (
            "/properties/profile",
            "[profile]\n",
            format!("[profile]\n{STRANGE}\n"),
        ),
    ] {
        let complaint = read(&good.replace(at, &with)).unwrap_err().to_string();
        assert_eq!(told(&complaint), keys("submission", place), "{place}");
    }
}

#[test]
fn the_settings_have_the_keys_that_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let head = "schema = 1\ncurriculum = \"a\"\nlanguage = \"go\"\n";
    for (place, text) in [
        ("", format!("{head}{STRANGE}\n")),
        (
            "/properties/services",
            format!("{head}[services]\n{STRANGE}\n"),
        ),
    ] {
        fs::write(folder.path().join("mastery.toml"), text).unwrap();
        let complaint = Workspace::discover(folder.path()).unwrap_err().to_string();
        assert_eq!(told(&complaint), keys("mastery", place), "{place}");
    }
}

#[test]
fn the_course_has_the_keys_that_are_read() {
    let lab = "week-04-distributed-systems/kafka-producer-consumer/lab.toml";
    for (name, place, file, at) in [
        ("curriculum", "", "curriculum.toml", "format = 1\n"),
        ("curriculum", "/$defs/week", "curriculum.toml", "[[week]]\n"),
        (
            "curriculum",
            "/$defs/capstone",
            "curriculum.toml",
            "[capstone]\n",
        ),
        ("lab", "", lab, "format = 1\n"),
        ("lab", "/$defs/check", lab, "[[check]]\n"),
        ("lab", "/$defs/rule", lab, "rule = { "),
        ("lab", "/$defs/topic", lab, "TOPIC = { "),
    ] {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("curriculum"), folder.path());
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let end = if at.ends_with('\n') { "\n" } else { ", " };
        fs::write(&path, text.replacen(at, &format!("{at}{STRANGE}{end}"), 1)).unwrap();
        let complaint = Curriculum::open(folder.path()).unwrap_err().to_string();
        assert_eq!(told(&complaint), keys(name, place), "{name} {place}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The word that an event stands under, and all of them: a new one fails to compile here first.
fn name(event: &GradeEvent) -> &'static str {
    match event {
        GradeEvent::RunStarted(_) => "run-started",
        GradeEvent::BuildStarted { .. } => "build-started",
        GradeEvent::BuildFinished { .. } => "build-finished",
        GradeEvent::ServiceStarting { .. } => "service-starting",
        GradeEvent::ServiceReady { .. } => "service-ready",
        GradeEvent::ServiceLost { .. } => "service-lost",
        GradeEvent::ServiceStopped { .. } => "service-stopped",
        GradeEvent::SetupStarted { .. } => "setup-started",
        GradeEvent::SetupFinished { .. } => "setup-finished",
        GradeEvent::ProgramStarting { .. } => "program-starting",
        GradeEvent::ProgramReady { .. } => "program-ready",
        GradeEvent::ProgramNotReady { .. } => "program-not-ready",
        GradeEvent::ProgramOutput { .. } => "program-output",
        GradeEvent::ProgramStopped { .. } => "program-stopped",
        GradeEvent::CheckStarted { .. } => "check-started",
        GradeEvent::CheckFinished { .. } => "check-finished",
        GradeEvent::Note { .. } => "note",
        GradeEvent::Held { .. } => "held",
        GradeEvent::Interrupted { .. } => "interrupted",
        GradeEvent::RunFinished { .. } => "run-finished",
        GradeEvent::Unknown => "unknown",
    }
}

const EVENTS: usize = 20;

#[test]
fn every_event_is_read_and_written_as_its_example_says() {
    let validator = validator("events");
    let schema = schema("events");
    let lines: Vec<&Value> = schema["allOf"].as_array().unwrap().iter().collect();
    assert_eq!(lines.len(), EVENTS, "each event has its line in the schema");
    for line in lines {
        let word = line
            .pointer("/if/properties/event/const")
            .unwrap()
            .as_str()
            .unwrap();
        let told = &schema["$defs"][word];
        let example = &told["examples"][0];
        assert!(validator.is_valid(example), "{word}");
        let read: Stamped = serde_json::from_value(example.clone()).unwrap();
        assert_eq!(name(&read.event), word);
        // A member that the schema does not have would be written, or missed here.
        let members = |value: &Value| -> BTreeSet<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(serde_json::to_value(&read).unwrap(), *example, "{word}");
        assert_eq!(members(example), members(&told["properties"]), "{word}");
    }
}

#[test]
fn what_is_wrong_is_not_valid() {
    let event = |text: &str| validator("events").is_valid(&serde_json::from_str(text).unwrap());
    assert!(event(
        r#"{"event":"check-started","check":"a","at_ms":1,"more":2}"#
    ));
    assert!(event(r#"{"event":"moon-rose","phase":"full","at_ms":1}"#));
    assert!(!event(r#"{"event":"check-started","at_ms":1}"#));
    let verdict =
        r#"{"event":"check-finished","check":"a","verdict":{"is":"failed"},"took_ms":1,"at_ms":1}"#;
    assert!(!event(verdict));
    for name in NAMES {
        assert!(!validator(name).is_valid(&serde_json::json!({})), "{name}");
    }
}

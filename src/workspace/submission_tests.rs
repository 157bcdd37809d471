use super::*;

const GOOD: &str = r#"
schema = 1
lab = "rest-api"
made_from = { revision = 3, contract = "blake3:00ff" }
setup = "python3 'my migrations.py'"

[[program]]
name = "api"
build = [["npm", "ci"], ["npm", "run", "build"]]
run = "./bin/api --flag 'two words'"
ready = "http:/healthz"
ports = ["PORT", "GRPC_PORT"]
stop_grace_s = 3
build_limit_s = 60

[[program]]
name = "tool"
build = "make tool"
run = ["./tool"]

[options]
vector = "qdrant"
scaffold_seed = 7

[profile]
capture = "http:/debug/pprof/profile?seconds=8"
"#;

fn parse(text: &str) -> Read<Submission> {
    let options = ["vector", "scaffold_seed"];
    Submission::parse(text, "labs/rest-api/submission.toml", "rest-api", &options)
}

/// The good text with one piece replaced.
fn with(old: &str, new: &str) -> TextError {
    assert!(GOOD.contains(old), "{old:?} is not in the text");
    parse(&GOOD.replacen(old, new, 1)).unwrap_err()
}

fn says(error: &TextError, line: usize, what: &str) {
    let shown = error.to_string();
    assert_eq!(error.position().0, line, "{shown}");
    assert!(shown.contains(what), "{what:?} is not in:\n{shown}");
    let place = format!(
        "labs/rest-api/submission.toml:{line}:{}",
        error.position().1
    );
    assert!(shown.contains(&place), "{place:?} is not in:\n{shown}");
}

#[test]
fn a_submission_is_read_whole() {
    let read = parse(GOOD).unwrap();
    let made_from = read.made_from.as_ref().unwrap();
    assert_eq!(
        (made_from.revision, made_from.contract.as_str()),
        (3, "blake3:00ff")
    );
    assert_eq!(read.setup, [["python3", "my migrations.py"]]);
    let api = &read.programs[0];
    assert_eq!(api.build, [vec!["npm", "ci"], vec!["npm", "run", "build"]]);
    assert_eq!(api.command, ["./bin/api", "--flag", "two words"]);
    assert_eq!(api.ports, ["PORT", "GRPC_PORT"]);
    assert_eq!(
        api.ready,
        Some(Ready::Http {
            path: "/healthz".into()
        })
    );
    assert_eq!((api.start_limit.as_secs(), api.grace.as_secs()), (30, 3));
    let tool = &read.programs[1];
    assert_eq!((tool.ready.as_ref(), tool.ports.len()), (None, 0));
    assert_eq!(tool.grace.as_secs(), 10);
    assert_eq!(read.build_limit("api").as_secs(), 60);
    assert_eq!(read.build_limit("tool").as_secs(), 600);
    assert_eq!(read.build_lines().len(), 3);
    assert_eq!(read.options["vector"].as_str(), Some("qdrant"));
    assert_eq!(read.options["scaffold_seed"].as_integer(), Some(7));
    assert!(read.profile.is_some());
}

#[test]
fn unknown_keys_are_told_with_what_was_meant() {
    says(&with("ports =", "port ="), 12, "Did you mean `ports`?");
    says(&with("lab =", "labb ="), 3, "Did you mean `lab`?");
    says(&with("vector =", "vectr ="), 22, "Did you mean `vector`?");
    says(
        &with("capture =", "zzz ="),
        26,
        "The keys here are `capture`.",
    );
}

#[test]
fn commands_must_be_words() {
    says(&with("[\"./tool\"]", "[]"), 19, "`run` is empty");
    says(&with("[\"./tool\"]", "\"  \""), 19, "`run` is empty");
    says(&with("[\"./tool\"]", "3"), 19, "this is a whole number");
    says(&with("[\"./tool\"]", "[\"a\", 1]"), 19, "a list of strings");
    says(
        &with("[\"./tool\"]", "[[\"a\"], [\"b\"]]"),
        19,
        "`run` is one command",
    );
    says(
        &with("\"make tool\"", "\"make 'tool\""),
        18,
        "an open quote",
    );
    says(
        &with("\"make tool\"", "\"make a && make b\""),
        18,
        "needs a shell",
    );
    says(&with("[\"npm\", \"ci\"]", "[]"), 9, "`build` is empty");
}

#[test]
fn readiness_ports_and_limits_are_checked() {
    says(
        &with("http:/healthz", "htp:/healthz"),
        11,
        "ready = \"http:/healthz\"",
    );
    says(&with("http:/healthz", "line:("), 11, "regular expression");
    says(
        &with("\"PORT\", ", "\"port\", "),
        12,
        "`port` is no name for a port",
    );
    says(&with("\"PORT\", ", "\"GRPC_PORT\", "), 12, "twice");
    says(
        &with("[\"PORT\", \"GRPC_PORT\"]", "[]"),
        11,
        "asks at a port",
    );
    says(
        &with("stop_grace_s = 3", "stop_grace_s = 61"),
        13,
        "1 to 60 is allowed",
    );
    says(
        &with("stop_grace_s = 3", "start_limit_s = 0"),
        13,
        "1 to 300 is allowed",
    );
    says(
        &with("stop_grace_s = 3", "stop_grace_s = \"3\""),
        13,
        "this is a string",
    );
}

#[test]
fn names_and_labs_must_fit() {
    says(
        &with("name = \"tool\"", "name = \"api\""),
        17,
        "two programs are called `api`",
    );
    says(
        &with("name = \"tool\"", "name = \"../x\""),
        17,
        "no name for a program",
    );
    says(
        &with("lab = \"rest-api\"", "lab = \"sharding\""),
        3,
        "this submission is for `sharding`",
    );
    says(
        &with("name = \"tool\"\n", ""),
        16,
        "the key `name` is missing in [[program]]",
    );
    says(
        &parse("schema = 1\nlab = \"rest-api\"\n").unwrap_err(),
        1,
        "`program` is missing",
    );
}

#[test]
fn a_newer_schema_asks_for_an_update() {
    says(&with("schema = 1", "schema = 2"), 2, "Update mastery");
    says(
        &with("schema = 1", "schema = \"1\""),
        2,
        "`schema` must be 1",
    );
}

#[test]
fn a_stamp_stands_after_the_lab_and_replaces_an_older_one() {
    let template = b"schema = 1\nlab = \"rest-api\"   # leave it\n\n[[program]]\nname = \"api\"\n";
    let once = stamp(template, 1, "blake3:aa");
    assert_eq!(
        String::from_utf8(once.clone()).unwrap(),
        "schema = 1\nlab = \"rest-api\"   # leave it\n\
         made_from = { revision = 1, contract = \"blake3:aa\" }\n\n[[program]]\nname = \"api\"\n"
    );
    let twice = String::from_utf8(stamp(&once, 2, "blake3:bb")).unwrap();
    assert_eq!(twice.matches("made_from").count(), 1);
    assert!(twice.contains("revision = 2"));
    assert_eq!(stamp(b"no lab here\n", 1, "x"), b"no lab here\n");
}

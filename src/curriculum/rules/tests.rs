//! Each rule, broken once.

use std::time::Duration;

use mastery_kit::bench::{Check, CheckKind};

use super::{
    super::{embedded::File, files::Files, load},
    *,
};

const INDEX: &str = r#"format = 1
id = "course"
title = "Course"
language = "en"
[[week]]
id = "week-01-api"
title = "APIs"
goal = "g"
deliverable = "d"
labs = ["rest-api"]
challenge = "rename"
[capstone]
id = "backend"
title = "Backend"
goal = "g"
components = ["api"]
"#;

const LAB: &str = r#"format = 1
revision = 1
title = "Orders"
goal = "g"
status = "open"
component = "api/orders"
languages = ["python"]
smoke = ["wire_is_frozen"]
[[check]]
id = "wire_is_frozen"
title = "The wire is frozen"
rule = { text = "r", source = "contract/orders.json#/info" }
hints = ["a", "b", "c"]
[[check]]
id = "decimals_do_not_drift"
title = "Decimals do not drift"
rule = { text = "r", source = "contract/orders.md#money-and-its-form" }
hints = ["a", "b", "c"]
"#;

const BRIEF: &str = "# Orders\n
See [the rules](contract/orders.md#money-and-its-form).\n
| `wire_is_frozen` | The wire is frozen |
| `decimals_do_not_drift` | Decimals do not drift |
";

const PLANNED: &str = r#"format = 1
revision = 1
title = "Rename"
goal = "g"
status = "planned"
languages = []
"#;

const fn file(path: &'static str, bytes: &'static [u8]) -> File {
    File {
        path,
        bytes,
        executable: false,
    }
}

const CONTRACT: &[u8] = b"# Orders\n\n[Money](#money-and-its-form), [v1](orders.json)\n
```\n# no heading, [no](link)\n```\n## Money, and its form\n";

const TEMPLATES: &[File] = &[
    file("rest-api/contract/orders.json", b"{\"info\": {}}"),
    file("rest-api/contract/orders.md", CONTRACT),
    file("rest-api/other/submission.toml", b""),
    file("rest-api/python/submission.toml", b""),
    file("workspace/README.md", b""),
];

const fn graded(id: &'static str, needs: &'static [&'static str]) -> Check {
    Check {
        id,
        limit: Duration::from_secs(1),
        needs,
        env: &[],
        kind: CheckKind::Required,
        run: |_| Box::pin(async { Ok(()) }),
    }
}

const CHECKS: &[Check] = &[
    graded("wire_is_frozen", &[]),
    graded("decimals_do_not_drift", &["wire_is_frozen"]),
];

/// A course that holds, to be broken in one place.
struct Course {
    files: Vec<(&'static str, String)>,
    templates: &'static [File],
    checks: &'static [Check],
}

impl Course {
    fn sound() -> Self {
        let files = [
            ("curriculum.toml", INDEX),
            ("week-01-api/README.md", "# APIs"),
            ("week-01-api/challenges.md", "# Challenge"),
            ("week-01-api/rest-api/lab.toml", LAB),
            ("week-01-api/rest-api/README.md", BRIEF),
            ("week-01-api/rename/lab.toml", PLANNED),
        ];
        Self {
            files: files.map(|(path, text)| (path, text.to_owned())).into(),
            templates: TEMPLATES,
            checks: CHECKS,
        }
    }

    fn with(mut self, path: &str, that: &str, this: &str) -> Self {
        let (_, text) = self.files.iter_mut().find(|(at, _)| *at == path).unwrap();
        assert!(text.contains(that), "{that}");
        *text = text.replacen(that, this, 1);
        self
    }

    fn lab(self, that: &str, this: &str) -> Self {
        self.with("week-01-api/rest-api/lab.toml", that, this)
    }

    fn findings(&self) -> Vec<String> {
        let texts: Vec<_> = self
            .files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        let course = load::load(Files::of(&texts)).unwrap();
        let grader = Grader {
            lab: "rest-api",
            checks: self.checks,
        };
        check_with(&course, &[grader], Templates::of(self.templates, &[]))
            .iter()
            .map(|finding| finding.to_string().replace("week-01-api/rest-api", "LAB"))
            .collect()
    }
}

#[test]
fn a_sound_course_has_no_findings() {
    assert_eq!(Course::sound().findings(), Vec::<String>::new());
}

#[test]
fn texts_are_there_and_titles_are_no_sentences() {
    let course = Course::sound()
        .lab(
            "title = \"The wire is frozen\"",
            "title = \"The wire is frozen.\"",
        )
        .with(
            "week-01-api/rest-api/README.md",
            "The wire is frozen",
            "The wire is frozen.",
        )
        .lab("hints = [\"a\", \"b\", \"c\"]", "hints = [\"a\", \" \"]")
        .with(
            "curriculum.toml",
            "deliverable = \"d\"",
            "deliverable = \"\"",
        );
    assert_eq!(
        course.findings(),
        [
            "curriculum/curriculum.toml: the deliverable of `week-01-api` is empty",
            "curriculum/LAB/lab.toml:10: `wire_is_frozen` has 2 hints; there are 3: concept, pointer, sketch",
            "curriculum/LAB/lab.toml:10: hint 2 of `wire_is_frozen` is empty",
            "curriculum/LAB/lab.toml:10: the title of `wire_is_frozen` ends with a full stop",
        ]
    );
}

#[test]
fn texts_and_grader_have_the_same_checks_in_the_same_order() {
    let mut course = Course::sound();
    course.checks = const { &[graded("wire_is_frozen", &[]), graded("etag_changes", &[])] };
    assert_eq!(
        course.findings(),
        [
            "curriculum/LAB/lab.toml: the grader's check `etag_changes` has no `[[check]]`",
            "curriculum/LAB/lab.toml:15: the grader has no check `decimals_do_not_drift`",
        ]
    );
    course.checks = const {
        &[
            graded("decimals_do_not_drift", &["wire_is_frozen", "gone"]),
            graded("wire_is_frozen", &[]),
        ]
    };
    assert_eq!(
        course.findings(),
        [
            "curriculum/LAB/lab.toml:10: `wire_is_frozen` stands where the grader runs \
             `decimals_do_not_drift`: the order is the same in both",
            "graders/rest-api/grader.rs: `decimals_do_not_drift` needs `gone`, which is no check",
            "graders/rest-api/grader.rs: `decimals_do_not_drift` needs `wire_is_frozen`, which does \
             not come before it",
        ]
    );
}

#[test]
fn an_open_unit_has_what_a_learner_needs_to_begin() {
    let mut course = Course::sound().lab("[\"python\"]", "[\"python\", \"go\", \"go\"]");
    course.templates = const { &[file("rest-api/python/app.py", b"")] };
    course
        .files
        .retain(|(path, _)| *path != "week-01-api/rest-api/README.md");
    let findings = course.findings();
    for expected in [
        "curriculum/LAB/README.md: an open unit has a brief",
        "curriculum/LAB/lab.toml: the language `go` is named twice",
        "templates/rest-api/contract: an open unit has a contract",
        "templates/rest-api/go: an open unit has a folder `go`",
        "templates/rest-api/other: an open unit has a folder `other`",
        "templates/rest-api/python: there is no `submission.toml`",
    ] {
        assert!(
            findings.iter().any(|found| found == expected),
            "{expected}\n{findings:#?}"
        );
    }
}

#[test]
fn a_planned_unit_promises_no_checks() {
    let course = Course::sound().lab("\"open\"", "\"planned\"");
    assert_eq!(
        course.findings(),
        [
            "curriculum/LAB/lab.toml: a planned unit has a grader with checks",
            "curriculum/LAB/lab.toml:10: a planned unit has checks; it is open, or they come with it",
        ]
    );
}

#[test]
fn the_brief_names_every_check_by_its_title() {
    let brief = "week-01-api/rest-api/README.md";
    let course = Course::sound()
        .with(brief, "`wire_is_frozen`", "`wire`")
        .with(brief, "| Decimals do", "| Numbers do");
    assert_eq!(
        course.findings(),
        [
            "curriculum/LAB/README.md: the brief does not name the check `wire_is_frozen`",
            "curriculum/LAB/README.md:6: the title of `decimals_do_not_drift` is \"Decimals do not \
             drift\" in `lab.toml`",
        ]
    );
}

#[test]
fn links_lead_to_files_and_sections_of_the_contract() {
    let mut course = Course::sound()
        .lab("orders.json#/info", "orders.json#/paths")
        .lab("contract/orders.md#", "docs/orders.md#")
        .with(
            "week-01-api/rest-api/README.md",
            "orders.md#money",
            "order.md#money",
        );
    course.templates = const {
        &[
            file("rest-api/contract/orders.json", b"{\"info\": {}}"),
            file(
                "rest-api/contract/orders.md",
                b"# Orders\n[Money](#money) [out](https://a.b/c)",
            ),
            file("rest-api/other/submission.toml", b""),
            file("rest-api/python/submission.toml", b""),
        ]
    };
    assert_eq!(
        course.findings(),
        [
            "curriculum/LAB/README.md:3: the link to `contract/order.md#money-and-its-form` leads to \
             no file of the contract",
            "curriculum/LAB/lab.toml:10: the rule's source `contract/orders.json#/paths` leads to no \
             section of `orders.json`",
            "curriculum/LAB/lab.toml:15: the rule's source `docs/orders.md#money-and-its-form` is not \
             below `contract/`",
            "templates/rest-api/contract/orders.md:2: the link to `#money` leads to no section of \
             `orders.md`",
        ]
    );
}

#[test]
fn every_file_has_its_place() {
    let mut course = Course::sound();
    for path in [
        "week-01-apis/README.md",
        "week-01-api/rest-apy/lab.toml",
        "week-01-api/rest-api/notes.txt",
        "todo.md",
    ] {
        course.files.push((path, String::new()));
    }
    course.templates = const {
        &[
            file("grpc/python/a.py", b""),
            file("rest-api/contract/orders.json", b"{\"info\": {}}"),
            file("rest-api/contract/orders.md", CONTRACT),
            file("rest-api/golang/main.go", b""),
            file("rest-api/other/submission.toml", b""),
            file("rest-api/python/.gitignore", b""),
            file("rest-api/python/.gitignore.in", b""),
            file("rest-api/python/app.py.orig", b""),
            file("rest-api/python/submission.toml", b""),
            file("rest-api/rust/Cargo.toml", b""),
        ]
    };
    assert_eq!(
        course.findings(),
        [
            "curriculum/todo.md: this file has no place in a curriculum",
            "curriculum/LAB/lab.toml: there is a starter in `rust`, which `languages` does not name",
            "curriculum/LAB/notes.txt: a unit's folder holds `lab.toml` and `README.md`",
            "curriculum/week-01-api/rest-apy/lab.toml: `rest-apy` is no unit of `week-01-api` in \
             `curriculum.toml`; did you mean `rest-api`?",
            "curriculum/week-01-apis/README.md: `week-01-apis` is no week in `curriculum.toml`; did \
             you mean `week-01-api`?",
            "templates/grpc/python/a.py: there is no unit `grpc`; beside units there are `workspace` \
             and `week`",
            "templates/rest-api/golang/main.go: a unit's folders are `contract`, `other` and its \
             languages: `golang` is none of python, go, typescript, rust; did you mean `go`?",
            "templates/rest-api/python/.gitignore: git would obey it in this repository; name it \
             `.gitignore.in`",
            "templates/rest-api/python/.gitignore.in: this and `rest-api/python/.gitignore` would be \
             written to the same file",
            "templates/rest-api/python/app.py.orig: this was left by an editor or a merge",
            "templates/rest-api/rust/Cargo.toml: cargo leaves out every folder with a `Cargo.toml`; \
             name it `Cargo.toml.in`",
        ]
    );
}

#[test]
fn a_name_given_up_is_not_used_again_and_components_exist() {
    let course = Course::sound()
        .lab(
            "smoke =",
            "renamed = { wire_is_frozen = \"decimals_do_not_drift\" }\nsmoke =",
        )
        .lab("api/orders", "engine/orders")
        .lab("revision = 1", "revision = 0");
    assert_eq!(
        course.findings(),
        [
            "curriculum/LAB/lab.toml: `wire_is_frozen` was renamed to `decimals_do_not_drift` and is \
             used again: old attempts would mean another check",
            "curriculum/LAB/lab.toml: revisions begin at 1",
            "curriculum/LAB/lab.toml: the capstone has no component `engine`, which `engine/orders` \
             begins with",
        ]
    );
}

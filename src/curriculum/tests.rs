//! Mistakes of authors, as they are told; and what a curriculum answers.

use insta::assert_snapshot;

use super::{files::Files, *};

pub(super) const INDEX: &str = r#"format = 1
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
components = ["api"]
"#;

pub(super) const LAB: &str = r#"format = 1
revision = 2
title = "Orders"
goal = "g"
status = "open"
component = "api/orders"
languages = ["python", "go"]
smoke = ["wire_is_frozen"]
renamed = { wire_stays = "wire_is_frozen" }

[[check]]
id = "wire_is_frozen"
title = "The wire is frozen"
rule = { text = "r", source = "contract/a.md" }
hints = ["a", "b", "c"]

[[check]]
id = "decimals_do_not_drift"
title = "Decimals do not drift"
rule = { text = "r", source = "contract/a.md#money" }
hints = ["a", "b", "c"]
"#;

pub(super) const PLANNED: &str = r#"format = 1
revision = 1
title = "Rename"
goal = "g"
status = "planned"
languages = []
services = ["kafka"]
isolation = "check"
"#;

fn loaded(index: &str, lab: &str) -> Result<Curriculum, CurriculumError> {
    load::load(Files::of(&[
        ("curriculum.toml", index),
        ("week-01-api/README.md", "# APIs"),
        ("week-01-api/rest-api/lab.toml", lab),
        ("week-01-api/rest-api/README.md", "# Orders"),
        ("week-01-api/rename/lab.toml", PLANNED),
    ]))
}

/// What is told when the lab has this instead of that.
fn lab_error(that: &str, this: &str) -> CurriculumError {
    assert!(LAB.contains(that), "{that}");
    loaded(INDEX, &LAB.replacen(that, this, 1)).unwrap_err()
}

fn index_error(that: &str, this: &str) -> CurriculumError {
    assert!(INDEX.contains(that), "{that}");
    loaded(&INDEX.replacen(that, this, 1), LAB).unwrap_err()
}

#[test]
fn a_curriculum_is_its_weeks_with_labs_before_the_challenge() {
    let course = loaded(INDEX, LAB).unwrap();
    let ids: Vec<_> = course.units().map(|unit| unit.id.as_str()).collect();
    assert_eq!(ids, ["rest-api", "rename"]);
    let week = &course.weeks()[0];
    assert_eq!(week.number(), Some("week-01"));
    assert_eq!(
        week.challenge().map(|unit| unit.id.as_str()),
        Some("rename")
    );
    assert_eq!(week.labs().count(), 1);
    let lab = course.unit("rest-api").unwrap();
    assert!(lab.is_open());
    assert_eq!(lab.isolation, Isolation::Run);
    assert_eq!(lab.checks[1].line, 18);
    assert_eq!(course.brief(lab), Some("# Orders"));
    let planned = course.unit("rename").unwrap();
    assert_eq!(planned.isolation, Isolation::Check);
    assert_eq!(course.brief(planned), None);
    let text = course.week_text(week);
    assert_eq!((text.readme, text.challenges), (Some("# APIs"), None));
}

#[test]
fn a_name_on_the_command_line_finds_week_unit_and_capstone() {
    let course = loaded(INDEX, LAB).unwrap();
    assert!(matches!(course.find("week-01"), Ok(Found::Week(week)) if week.title == "APIs"));
    for number in ["1", "01", "week-1"] {
        assert!(matches!(course.find(number), Ok(Found::Week(week)) if week.title == "APIs"));
    }
    assert!(matches!(course.find("rest"), Ok(Found::Unit(unit)) if unit.id.as_str() == "rest-api"));
    assert!(matches!(course.find("backend"), Ok(Found::Capstone(_))));
    assert_eq!(
        course.find("re").unwrap_err().to_string(),
        "`re` could be `rest-api` or `rename`"
    );
    assert_eq!(
        course.find("rest-apy").unwrap_err().to_string(),
        "there is no `rest-apy`; did you mean `rest-api`?"
    );
}

#[test]
fn a_check_is_found_by_dashes_beginning_and_old_name() {
    let course = loaded(INDEX, LAB).unwrap();
    let lab = course.unit("rest-api").unwrap();
    for text in ["decimals", "decimals-do-not-drift"] {
        assert_eq!(lab.find_check(text).unwrap().id, "decimals_do_not_drift");
    }
    assert_eq!(lab.find_check("wire-stays").unwrap().id, "wire_is_frozen");
    assert_eq!(lab.current_name("wire_stays"), "wire_is_frozen");
    assert_eq!(lab.current_name("never_was"), "never_was");
    assert!(lab.find_check("never-was").is_err());
}

#[test]
fn an_unknown_key_is_shown_with_the_one_that_was_meant() {
    let error = lab_error("title = \"Orders\"", "titel = \"Orders\"");
    assert_eq!(error.kind(), ErrorKind::UnknownKey);
    assert_eq!(error.position(), Some((3, 1)));
    assert_eq!(error.file(), "curriculum/week-01-api/rest-api/lab.toml");
    assert_snapshot!(error, @r#"
    error: unknown key `titel`
     --> curriculum/week-01-api/rest-api/lab.toml:3:1
      |
    3 | titel = "Orders"
      | ^^^^^ did you mean `title`?
      |
    help: known keys are `format`, `revision`, `title`, `goal`, `status`, `component`, `languages`, `services`, `isolation`, `smoke`, `renamed`, `options`, `env`, `topics`, `outside`, `check`, `grader`
    "#);
    assert_snapshot!(lab_error("hints = [\"a\", \"b\", \"c\"]", "hint = []"), @r"
    error: unknown key `hint`
      --> curriculum/week-01-api/rest-api/lab.toml:15:1
       |
    15 | hint = []
       | ^^^^ did you mean `hints`?
       |
    help: known keys are `id`, `title`, `rule`, `hints`
    ");
}

#[test]
fn a_missing_key_is_shown_at_its_table() {
    let error = lab_error("title = \"The wire is frozen\"\n", "");
    assert_eq!(error.kind(), ErrorKind::MissingKey);
    assert_snapshot!(error, @r"
    error: the key `title` is missing
      --> curriculum/week-01-api/rest-api/lab.toml:11:1
       |
    11 | [[check]]
       | ^^^^^^^^^ there is no `title` here
    ");
    assert_snapshot!(index_error("title = \"Course\"\n", ""), @r"
    error: the key `title` is missing
     --> curriculum/curriculum.toml:1:1
      |
    1 | format = 1
      | ^ there is no `title` here
    ");
}

#[test]
fn a_wrong_value_says_what_would_be_right() {
    let error = lab_error("revision = 2", "revision = \"two\"");
    assert_eq!(error.kind(), ErrorKind::WrongValue);
    assert_snapshot!(error, @r#"
    error: wrong type
     --> curriculum/week-01-api/rest-api/lab.toml:2:12
      |
    2 | revision = "two"
      |            ^^^^^ expected a whole number that is not negative, found string "two"
    "#);
    assert_snapshot!(lab_error("\"open\"", "\"opened\""), @r#"
    error: unknown value `opened`
     --> curriculum/week-01-api/rest-api/lab.toml:5:10
      |
    5 | status = "opened"
      |          ^^^^^^^^ did you mean `open`?
      |
    help: known values are `open`, `planned`
    "#);
    assert_snapshot!(lab_error("\"go\"", "\"golang\""), @r#"
    error: unknown value `golang`
     --> curriculum/week-01-api/rest-api/lab.toml:7:24
      |
    7 | languages = ["python", "golang"]
      |                        ^^^^^^^^ did you mean `go`?
      |
    help: known values are `python`, `go`, `typescript`, `rust`
    "#);
    assert_snapshot!(lab_error("revision = 2", "revision = -1"), @r"
    error: wrong value
     --> curriculum/week-01-api/rest-api/lab.toml:2:12
      |
    2 | revision = -1
      |            ^^ expected a whole number that is not negative, found integer `-1`
    ");
}

#[test]
fn what_is_not_toml_is_shown_where_it_stops_being_so() {
    let error = lab_error("\"Orders\"", "\"Orders");
    assert_eq!(error.kind(), ErrorKind::NotToml);
    assert_snapshot!(error, @r#"
    error: this is not TOML
     --> curriculum/week-01-api/rest-api/lab.toml:3:16
      |
    3 | title = "Orders
      |                ^ invalid basic string, expected `"`
    "#);
}

#[test]
fn a_newer_format_asks_for_an_update_before_its_keys_are_read() {
    let error = lab_error("format = 1", "format = 2\nnever_heard_of = true");
    assert_eq!(error.kind(), ErrorKind::NewerFormat);
    assert_snapshot!(error, @r"
    error: this was written for a newer `mastery`: format 2
     --> curriculum/week-01-api/rest-api/lab.toml:1:10
      |
    1 | format = 2
      |          ^ this one reads format 1
      |
    help: update `mastery`
    ");
}

#[test]
fn an_id_that_leaves_its_folder_is_no_id() {
    let error = index_error("\"rest-api\"", "\"../rest-api\"");
    assert_eq!(error.kind(), ErrorKind::BadId);
    assert_snapshot!(error, @r#"
    error: bad id `../rest-api`
      --> curriculum/curriculum.toml:11:8
       |
    11 | labs = ["../rest-api"]
       |        ^^^^^^^^^^^^^^^ an id is lower-case letters and digits in words joined by `-`, 64 characters at most
    "#);
    let error = lab_error("api/orders", "/etc");
    assert_eq!(error.kind(), ErrorKind::BadId);
    assert_snapshot!(error, @r#"
    error: bad component `/etc`
     --> curriculum/week-01-api/rest-api/lab.toml:6:13
      |
    6 | component = "/etc"
      |             ^^^^^^ a component is ids joined by `/`: `api/orders`
    "#);
    let error = lab_error("id = \"wire_is_frozen\"", "id = \"Wire-Is\"");
    assert_eq!(error.kind(), ErrorKind::BadId);
}

#[test]
fn what_stands_twice_is_shown_in_both_places() {
    let error = index_error("\"rename\"", "\"rest-api\"");
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert_snapshot!(error, @r#"
    error: `rest-api` stands here twice
      --> curriculum/curriculum.toml:12:13
       |
    11 | labs = ["rest-api"]
       |         ---------- first
    12 | challenge = "rest-api"
       |             ^^^^^^^^^^ again
    "#);
    let error = lab_error("decimals_do_not_drift", "wire_is_frozen");
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert_eq!(error.position(), Some((18, 6)));
}

#[test]
fn an_id_without_a_folder_is_shown_where_it_is_named() {
    let error = index_error("[\"rest-api\"]", "[\"rest-api\", \"grpc\"]");
    assert_eq!(error.kind(), ErrorKind::MissingFile);
    assert_snapshot!(error, @r#"
    error: `grpc` is named here and is not there
      --> curriculum/curriculum.toml:11:21
       |
    11 | labs = ["rest-api", "grpc"]
       |                     ^^^^^^ there is no file `week-01-api/grpc/lab.toml`
       |
    help: a week is a folder named like its id, a unit is one inside it with a `lab.toml`
    "#);
    let error = index_error("week-01-api", "week-02-data");
    assert_eq!(error.kind(), ErrorKind::MissingFile);
}

#[test]
fn smoke_and_renames_name_checks_that_are_there() {
    let error = lab_error("[\"wire_is_frozen\"]", "[\"wire_is_frozn\"]");
    assert_eq!(error.kind(), ErrorKind::UnknownCheck);
    assert_snapshot!(error, @r#"
    error: unknown check `wire_is_frozn`
     --> curriculum/week-01-api/rest-api/lab.toml:8:10
      |
    8 | smoke = ["wire_is_frozn"]
      |          ^^^^^^^^^^^^^^^ did you mean `wire_is_frozen`?
    "#);
    let error = lab_error("= \"wire_is_frozen\" }", "= \"gone\" }");
    assert_eq!(error.kind(), ErrorKind::UnknownCheck);
}

#[test]
fn a_reserved_table_is_refused_by_name() {
    let error = lab_error("[[check]]", "[grader]\ncommand = [\"./grade\"]\n[[check]]");
    assert_eq!(error.kind(), ErrorKind::Reserved);
}

#[test]
fn colour_is_added_only_when_asked_for() {
    let error = lab_error("\"open\"", "\"opened\"");
    assert!(!error.render(false, 80).contains('\u{1b}'));
    assert!(error.render(true, 80).contains('\u{1b}'));
    assert_eq!(error.to_string(), error.render(false, 100));
}

//! The course this binary carries: it opens, and the house rules for authors hold.

#[path = "course/schemas.rs"]
mod schemas;

use mastery::curriculum::{Curriculum, CurriculumError, ErrorKind, Templates, Unit, rules};

/// `None` where there is no course beside the code (a checkout of the rooms alone).
fn course() -> Result<Option<Curriculum>, CurriculumError> {
    match Curriculum::embedded() {
        Err(error)
            if error.kind() == ErrorKind::MissingFile
                && Templates::embedded().workspace().is_empty() =>
        {
            Ok(None)
        }
        other => other.map(Some),
    }
}

#[test]
fn the_course_has_its_weeks_and_an_open_lab() {
    let Some(course) = course().unwrap() else {
        return;
    };
    assert_eq!(course.weeks().len(), 7);
    assert_eq!(course.units().count(), 22);
    assert!(course.unit("rest-api").is_some_and(Unit::is_open));
}

#[test]
fn the_house_rules_for_authors_hold() {
    let Some(course) = course().unwrap() else {
        return;
    };
    let findings: Vec<_> = rules::check(&course, mastery_graders::GRADERS)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(findings, Vec::<String>::new());
}

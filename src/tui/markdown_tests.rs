//! Pages laid out at several widths.

use super::*;

const PAGE: &str = include_str!("markdown/sample.md");

fn shown(text: &str, style: Style) -> String {
    let lines = lines(text, style);
    let widest = lines.iter().map(Line::width).max().unwrap_or(0);
    assert!(widest <= style.columns(), "{widest} columns");
    lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_has_headings_lists_tables_code_and_footnotes() {
    insta::assert_snapshot!("markdown_80", shown(PAGE, Style::plain(80)));
    insta::assert_snapshot!("markdown_140", shown(PAGE, Style::plain(140)));
    insta::assert_snapshot!("markdown_30", shown(PAGE, Style::plain(30)));
    insta::assert_snapshot!("markdown_ascii", shown(PAGE, Style::ascii_only(60)));
}

#[test]
fn links_are_numbered_as_their_footnotes_and_those_that_are_shown_come_last() {
    let wanted = [
        "contract/orders.v2.md#retirement",
        "https://www.rfc-editor.org/rfc/rfc9457",
        "contract/orders.v1.openapi.json",
    ];
    assert_eq!(links(PAGE), wanted);
    let page = shown(PAGE, Style::plain(80));
    assert!(
        page.contains("[1] contract/orders.v2.md#retirement"),
        "{page}"
    );
}

#[test]
fn whatever_stands_in_a_page_no_line_is_too_wide() {
    let curriculum = crate::curriculum::Curriculum::embedded().unwrap();
    let briefs = curriculum.units().filter_map(|unit| curriculum.brief(unit));
    let weeks = curriculum.weeks().iter();
    let weeks = weeks.filter_map(|week| curriculum.week_text(week).readme);
    for text in briefs.chain(weeks) {
        for columns in [20, 40, 80, 137] {
            shown(text, Style::plain(columns));
        }
    }
}

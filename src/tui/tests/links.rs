//! Links of a brief: one is opened, of several one is chosen.

use super::cast::{press, shown, texts, tutor, typed};
use crate::{
    report::words::Style,
    tui::{
        model::{LabTab, LabTexts, Model},
        msg::{Cmd, Msg},
        update::update,
    },
};

fn reading(brief: &str) -> Model {
    let mut model = tutor(Style::plain(80));
    press(&mut model, "enter");
    let texts = LabTexts {
        brief: Some(brief.to_owned()),
        ..texts()
    };
    let texts = Box::new(texts);
    let lab = "rest-api".to_owned();
    update(&mut model, Msg::Lab { lab, texts });
    model
}

const BRIEF: &str = "See [the rules](contract/orders.v2.md#money), [HTTP](https://www.rfc-editor.org/rfc/rfc9110.html), \
    [page](challenges.md), <https://google.aip.dev/158> and [once more](https://stripe.com/blog/idempotency).";

fn opened(address: &str) -> Vec<Cmd> {
    vec![Cmd::OpenLink(address.to_owned())]
}

#[test]
fn the_only_link_is_opened_and_of_several_one_is_chosen() {
    let one = "Read [it](https://google.aip.dev/158), not [that](#below).";
    let aip = "https://google.aip.dev/158";
    assert_eq!(press(&mut reading(one), "o"), opened(aip));
    let cases: [(&str, &str, Vec<Cmd>); 6] = [
        (
            "",
            "down enter",
            opened("https://www.rfc-editor.org/rfc/rfc9110.html"),
        ),
        ("4", "enter", opened("https://stripe.com/blog/idempotency")),
        ("aip", "enter", opened(aip)),
        // It leads to a file that is not shown here, so it is not to be had.
        ("3", "enter", vec![]),
        ("", "end enter", vec![]),
        ("9", "esc", vec![]),
    ];
    for (text, keys, cmds) in cases {
        let mut model = reading(BRIEF);
        assert_eq!(press(&mut model, "o"), []);
        typed(&mut model, text);
        assert_eq!(press(&mut model, keys), cmds, "{text:?} {keys}");
    }
}

#[test]
fn a_link_to_the_contract_is_read_here() {
    let mut model = reading(BRIEF);
    assert_eq!(press(&mut model, "o 1 enter"), []);
    let lab = model.lab.as_ref().unwrap();
    assert_eq!((lab.tab, lab.file), (LabTab::Contract, 0));
    assert_eq!(model.prompt, None);
}

#[test]
fn without_links_there_is_no_key_and_without_a_browser_the_address_is_copied() {
    assert_eq!(press(&mut reading("Nothing leads on."), "o"), []);
    let mut model = reading(BRIEF);
    let address = "https://google.aip.dev/158".to_owned();
    let cmds = update(&mut model, Msg::Opened(Err(address.clone())));
    assert_eq!(cmds, [Cmd::Copy(address)]);
    assert!(shown(&mut model, 80, 24).contains("No browser could be started here. Copied:"));
}

#[test]
fn the_list_of_links_has_their_numbers() {
    let mut model = reading(BRIEF);
    press(&mut model, "o down");
    insta::assert_snapshot!("links_80", shown(&mut model, 80, 24));
    insta::assert_snapshot!("links_140", shown(&mut model, 140, 40));
    typed(&mut model, "nowhere");
    assert!(shown(&mut model, 80, 24).contains("No link has this number"));
}

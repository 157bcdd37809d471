//! The rules of the house, kept by reading the repository: who may use whom, how long a file may
//! be, that one thing has one name, and which words stand where. Each rule is one fact below; that
//! it would see a breach is tested on a planted one beside the rule.

#[path = "house_rules/code.rs"]
mod code;
#[path = "house_rules/names.rs"]
mod names;
#[path = "house_rules/paths.rs"]
mod paths;
#[path = "house_rules/purity.rs"]
mod purity;
#[path = "house_rules/rooms.rs"]
mod rooms;
#[path = "house_rules/source.rs"]
mod source;
#[path = "house_rules/table.rs"]
mod table;
#[path = "house_rules/texts.rs"]
mod texts;
#[path = "house_rules/tour.rs"]
mod tour;
#[path = "house_rules/tree.rs"]
mod tree;

use tree::{files, none_of};

#[test]
fn rooms_use_only_what_the_table_lists() {
    none_of(&rooms::broken_walls(&files()));
}

#[test]
fn graders_use_only_the_kit_and_pure_data() {
    let files = files();
    let packages: Vec<String> = files
        .iter()
        .filter(|file| texts::is_manifest(file))
        .flat_map(texts::dependencies)
        .collect();
    none_of(&purity::impure_graders(&files, &packages));
}

#[test]
fn graders_await_conditions_and_own_no_port() {
    none_of(&code::careless_graders(&files()));
}

#[test]
fn files_are_short() {
    none_of(&texts::too_long(&files()));
}

#[test]
fn a_lab_has_one_name_in_every_place() {
    none_of(&names::labs_without_a_room(&files()));
}

#[test]
fn the_table_of_graders_is_complete() {
    none_of(&names::graders_out_of_step(&files()));
}

#[test]
fn names_say_what_they_name() {
    none_of(&names::empty_names(&files()));
}

#[test]
fn no_work_is_left_undone() {
    none_of(&code::undone_work(&files()));
}

#[test]
fn lints_and_tests_are_not_silenced() {
    none_of(&code::silenced(&files()));
}

#[test]
fn output_goes_through_its_two_places() {
    none_of(&code::stray_output(&files()));
}

#[test]
fn every_dependency_is_used() {
    none_of(&texts::unused_dependencies(&files()));
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    none_of(&texts::places_of_one_machine(&files()));
}

#[test]
fn texts_have_no_stray_blanks() {
    none_of(&texts::untidy_blanks(&files()));
}

#[test]
fn a_learner_is_spoken_to_as_a_colleague() {
    none_of(&texts::unkind_words(&files()));
}

#[test]
fn the_tour_is_whole_and_shown() {
    none_of(&tour::unfit_tour(&files()));
}

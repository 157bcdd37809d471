//! `completions --install` and `man --install`.

use std::fs;

use crate::cast::Learner;

#[test]
fn scripts_are_installed_where_shells_look_and_again_change_nothing() {
    let learner = Learner::new();
    let install = |shell| ["completions", shell, "--install"];
    let told = learner.transcript(
        ".",
        &[
            &install("bash"),
            &install("zsh"),
            &install("zsh"),
            &install("fish"),
            &install("elvish"),
        ],
    );
    insta::assert_snapshot!("completions", told);
    let data = learner.root.join(".local/share");
    for path in [
        data.join("bash-completion/completions/mastery"),
        data.join("zsh/site-functions/_mastery"),
        // XDG_CONFIG_HOME is set for every test.
        learner.root.join("none/fish/completions/mastery.fish"),
    ] {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("progress"), "{}", path.display());
    }
    let zsh = fs::read_to_string(data.join("zsh/site-functions/_mastery")).unwrap();
    assert!(
        zsh.starts_with("#compdef mastery\n"),
        "zsh reads its first line"
    );
}

#[test]
fn a_file_that_is_not_ours_is_never_overwritten_and_an_older_one_of_ours_is_renewed() {
    let learner = Learner::new();
    let folder = learner.root.join("none/fish/completions");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("mastery.fish");
    fs::write(&path, "complete -c mastery\n").unwrap();
    let install: &[&str] = &["completions", "fish", "--install"];
    let refused = learner.transcript(".", &[install]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "complete -c mastery\n");
    fs::remove_file(&path).unwrap();
    learner.says(".", install).good();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}# of an older release\n")).unwrap();
    let renewed = learner.transcript(".", &[install]);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    insta::assert_snapshot!("completions_taken", format!("{refused}{renewed}"));
}

#[test]
fn a_page_for_each_command_is_installed() {
    let learner = Learner::new();
    let told = learner.transcript(
        ".",
        &[&["man", "--install"], &["man", "--install", "grade"]],
    );
    insta::assert_snapshot!("man", told);
    let folder = learner.root.join(".local/share/man/man1");
    for name in ["mastery.1", "mastery-grade.1", "mastery-sync.1"] {
        let page = fs::read_to_string(folder.join(name)).unwrap();
        assert!(page.contains(".TH"), "{name}");
    }
}

//! The map, the search on it, and a lab that is opened.

use super::{
    super::{
        keys::Deed,
        model::{Course, Lab, LabTab, LabTexts, Model, Pane, Screen},
        msg::{Cmd, Trouble},
    },
    moving::stepped,
};

/// The record was read.
pub(super) fn read(model: &mut Model, course: Result<Box<Course>, Trouble>) -> Vec<Cmd> {
    match course {
        Ok(course) => {
            let here = model.course.unit_at(model.selected);
            let here = here.map(|unit| unit.id.clone());
            model.course = *course;
            let place = here.and_then(|id| model.course.position(&id));
            model.selected = place.unwrap_or(0);
        }
        Err(trouble) => model.trouble(trouble),
    }
    Vec::new()
}

/// Opens the lab that is selected.
pub(super) fn open(model: &mut Model) -> Vec<Cmd> {
    let Some(unit) = model.course.unit_at(model.selected) else {
        return Vec::new();
    };
    let id = unit.id.clone();
    let first = Lab::worth_a_look(unit);
    if model.lab.as_ref().is_none_or(|lab| lab.id != id) {
        let mut lab = Lab::new(id.clone());
        lab.check = first;
        model.lab = Some(lab);
    }
    model.go(Screen::Lab);
    let mut cmds = vec![Cmd::ReadLab(id)];
    cmds.extend(services(model));
    cmds
}

/// Whether what the lab of this screen needs is up may have changed since one looked.
pub(super) fn services(model: &Model) -> Vec<Cmd> {
    let lab = model.lab_here();
    let needs = lab.is_some_and(|lab| model.services_of(lab).is_some());
    needs.then_some(Cmd::ReadServices).into_iter().collect()
}

/// The lab's texts were read.
pub(super) fn lab_read(model: &mut Model, id: &str, texts: Box<LabTexts>) -> Vec<Cmd> {
    if let Some(lab) = model.lab.as_mut().filter(|lab| lab.id == id) {
        lab.take(texts);
    }
    Vec::new()
}

/// A lab was laid out.
pub(super) fn started(
    model: &mut Model,
    lab: String,
    told: Result<Vec<String>, Trouble>,
) -> Vec<Cmd> {
    model.ended(told, vec![Cmd::ReadCourse, Cmd::ReadLab(lab)])
}

/// The file that is looked at, where it lies in the lab's folder.
pub(super) fn file_to_edit(model: &Model) -> Option<String> {
    if model.screen != Screen::Lab {
        return None;
    }
    let lab = model.lab.as_ref()?;
    match lab.tab {
        LabTab::Brief => Some("BRIEF.md".to_owned()),
        LabTab::Contract => {
            let (path, _) = lab.texts.as_ref()?.contract.get(lab.file)?;
            Some(format!("contract/{path}"))
        }
        LabTab::Checks | LabTab::Week => None,
    }
}

/// A key while a line is typed.
pub(super) fn prompted(model: &mut Model, deed: Deed) {
    if model.screen == Screen::Run {
        if deed == Deed::Choose {
            search_log(model);
        }
        return;
    }
    let Some(prompt) = &mut model.prompt else {
        return;
    };
    let found = model.course.find(&prompt.text);
    if deed == Deed::Up || deed == Deed::Down {
        prompt.selected = stepped(prompt.selected, found.len(), deed);
    } else if deed == Deed::Choose {
        let entry = found.get(prompt.selected).map(|entry| entry.lab.clone());
        if let Some(place) = entry.and_then(|lab| model.course.position(&lab)) {
            model.selected = place;
            model.prompt = None;
        }
    }
}

/// Looks for what was typed in the log, from the newest line up.
fn search_log(model: &mut Model) {
    let text = model.prompt.take().map(|prompt| prompt.text);
    let Some(run) = &mut model.run else {
        return;
    };
    run.view.search = text.filter(|text| !text.is_empty());
    let Some(text) = &run.view.search else {
        return;
    };
    let Pane::Log(program) = &run.pane else {
        return;
    };
    let log = run.log(program);
    let newest_has_it = log.and_then(|log| log.newest().next());
    let newest_has_it =
        newest_has_it.is_some_and(|(_, line)| line.to_lowercase().contains(&text.to_lowercase()));
    if newest_has_it {
        run.view.up = 0;
        return;
    }
    if let Some(up) = log.and_then(|log| log.find(text, 0, true)) {
        run.view.up = up;
    } else {
        let text = format!("`{text}` was not printed.");
        run.view.search = None;
        model.tell(text);
    }
}

//! Links of the text that is read: the only one is opened, of several one is chosen.

use super::{
    super::{
        keys::Deed,
        model::{LabTab, Leads, Link, Model, Prompt},
        msg::Cmd,
    },
    moving::stepped,
};

/// Opens the link of the text, or asks which.
pub(super) fn open(model: &mut Model) -> Vec<Cmd> {
    let Some(lab) = &model.lab else {
        return Vec::new();
    };
    match lab.links().as_slice() {
        [] => Vec::new(),
        [only] => follow(model, only),
        [..] => {
            model.prompt = Some(Prompt::default());
            Vec::new()
        }
    }
}

/// A key while a link is chosen.
pub(super) fn prompted(model: &mut Model, deed: Deed) -> Vec<Cmd> {
    let (Some(prompt), Some(lab)) = (&mut model.prompt, &model.lab) else {
        return Vec::new();
    };
    let meant = lab.links_meant(&prompt.text);
    if deed == Deed::Up || deed == Deed::Down {
        prompt.selected = stepped(prompt.selected, meant.len(), deed);
    } else if deed == Deed::Choose
        && let Some(link) = meant.get(prompt.selected)
    {
        model.prompt = None;
        return follow(model, link);
    }
    Vec::new()
}

fn follow(model: &mut Model, link: &Link) -> Vec<Cmd> {
    match link.leads {
        Leads::Web => {
            model.tell(format!("Opening {}", link.to));
            vec![Cmd::OpenLink(link.to.clone())]
        }
        Leads::Contract(place) => {
            if let Some(lab) = &mut model.lab {
                (lab.tab, lab.file, lab.top) = (LabTab::Contract, place, 0);
            }
            Vec::new()
        }
    }
}

/// No browser is to be had: whoever sits before the terminal gets the address.
pub(super) fn not_opened(model: &mut Model, address: String) -> Vec<Cmd> {
    model.tell(format!(
        "No browser could be started here. Copied: {address}"
    ));
    vec![Cmd::Copy(address)]
}

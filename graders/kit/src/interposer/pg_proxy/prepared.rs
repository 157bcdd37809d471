//! Which text a prepared statement or a portal stands for: drivers send it once per session.

use std::collections::HashMap;

use bytes::{Buf as _, Bytes};

use super::{
    frame,
    sql::{self, Statement},
};

/// More names, or longer texts, are not remembered: the proxy's memory stays bounded.
const NAMES: usize = 4096;
const LONGEST: usize = 16 << 10;

#[derive(Debug, Default)]
pub(super) struct Prepared {
    statements: HashMap<String, Statement>,
    portals: HashMap<String, Statement>,
}

impl Prepared {
    /// `Parse`.
    pub(super) fn parse(&mut self, mut body: Bytes) {
        let name = frame::text(&mut body);
        let text = frame::text(&mut body);
        self.statements.remove(&name);
        // The extended protocol allows one statement per text.
        if let Some(mut one) = sql::statements(&text).into_iter().next() {
            cut(&mut one.text);
            cut(&mut one.fingerprint);
            keep(&mut self.statements, name, one);
        }
    }

    /// `Bind`.
    pub(super) fn bind(&mut self, mut body: Bytes) {
        let portal = frame::text(&mut body);
        let name = frame::text(&mut body);
        self.portals.remove(&portal);
        if let Some(one) = self.statements.get(&name).cloned() {
            keep(&mut self.portals, portal, one);
        }
    }

    /// `Close`.
    pub(super) fn close(&mut self, mut body: Bytes) {
        if !body.has_remaining() {
            return;
        }
        let kind = body.get_u8();
        let name = frame::text(&mut body);
        match kind {
            b'S' => self.statements.remove(&name),
            _ => self.portals.remove(&name),
        };
    }

    /// What `Execute` of a portal runs.
    pub(super) fn of_portal(&self, portal: &str) -> Option<Statement> {
        self.portals.get(portal).cloned()
    }
}

fn keep(of: &mut HashMap<String, Statement>, name: String, one: Statement) {
    if of.len() < NAMES {
        of.insert(name, one);
    }
}

fn cut(text: &mut String) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
    }
}

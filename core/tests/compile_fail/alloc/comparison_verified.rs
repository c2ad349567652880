//! Comparisons have no verified form, so a session in verified mode does not know them.

use cloakwork_core::mpc::session::ValueId;
use cloakwork_core::mpc::session::verified::{Operation, Session};

fn less(session: &mut Session, x: ValueId, y: ValueId) {
    let _ = session.apply(Operation::Less, &[x, y]);
}

fn main() {}

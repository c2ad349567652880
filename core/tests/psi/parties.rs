//! All parties of a run in one program.

use cloakwork_core::psi::{Output, Session, Setting};

use crate::random::Generator;

pub(crate) type Set = Vec<Vec<u8>>;

/// A set of numbers as items.
pub(crate) fn set(numbers: impl IntoIterator<Item = u32>) -> Set {
    numbers.into_iter().map(|number| format!("item {number}").into_bytes()).collect()
}

pub(crate) fn setting(parties: usize, index: usize, output: Output, size: Option<usize>) -> Setting {
    Setting { run: [7; 32], parties, index, output, size }
}

pub(crate) fn party(setting: Setting, items: &Set) -> Session {
    let mut rng = Generator::new(&format!("party {}", setting.index));
    Session::new_vartime(setting, items.iter().map(Vec::as_slice), &mut rng).unwrap()
}

/// Everything that was sent.
pub(crate) struct Message {
    pub(crate) round: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) bytes: Vec<u8>,
}

/// The run up to, and without, the deliveries of a round.
pub(crate) fn until(round: usize, sets: &[Set], output: Output, size: Option<usize>) -> Vec<Session> {
    let mut sessions: Vec<Session> =
        sets.iter().enumerate().map(|(index, set)| party(setting(sets.len(), index, output, size), set)).collect();
    for _ in 0..round {
        exchange(&mut sessions);
    }
    sessions.iter_mut().for_each(|session| session.work_vartime(usize::MAX).unwrap());
    sessions
}

/// One round.
pub(crate) fn exchange(sessions: &mut [Session]) -> Vec<Message> {
    let mut sent = Vec::new();
    for (from, session) in sessions.iter_mut().enumerate() {
        session.work_vartime(usize::MAX).unwrap();
        for to in (0..session.parties()).filter(|to| *to != from) {
            sent.push(Message { round: session.round(), from, to, bytes: session.message(to).unwrap().to_vec() });
        }
    }
    for Message { from, to, bytes, .. } in &sent {
        sessions[*to].receive_vartime(*from, bytes).unwrap();
    }
    sessions.iter_mut().for_each(|session| session.advance_vartime().unwrap());
    sent
}

/// A whole run: the parties at its end, and what was sent.
pub(crate) fn run(sets: &[Set], output: Output, size: Option<usize>) -> (Vec<Session>, Vec<Message>) {
    let mut sessions = until(0, sets, output, size);
    let mut sent = Vec::new();
    while sessions[0].round() < sessions[0].rounds() {
        sent.extend(exchange(&mut sessions));
    }
    (sessions, sent)
}

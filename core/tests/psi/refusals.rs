//! Messages that are refused, by whom they came, and without anything changing.

use cloakwork_core::psi::{Output, Session};
use cloakwork_core::{Error, ErrorKind};

use crate::parties::{exchange, set, until};

/// Bytes before the rows of a list: head and count.
const LIST: usize = 20;
/// Those before the polynomials of a table: head, bins and salt.
const TABLE: usize = 21;

fn refused(session: &mut Session, from: usize, message: &[u8], kind: ErrorKind) -> Error {
    let error = session.receive_vartime(from, message).unwrap_err();
    assert_eq!((error.kind(), error.party()), (kind, Some(from as u64)));
    error
}

/// The message from one party to another, and the other one.
fn message(sessions: &[Session], from: usize, to: usize) -> Vec<u8> {
    sessions[from].message(to).unwrap().to_vec()
}

fn finishes(mut sessions: Vec<Session>, expected: usize) {
    while sessions[0].round() < sessions[0].rounds() {
        exchange(&mut sessions);
    }
    assert!(sessions.iter().all(|session| session.outcome().unwrap().size() == expected));
}

#[test]
fn lists_that_are_no_lists() {
    let sets = [set(0..6), set(2..9)];
    let mut sessions = until(0, &sets, Output::Intersection, None);
    let good = message(&sessions, 0, 1);
    let receiver = &mut sessions[1];
    refused(receiver, 0, &[], ErrorKind::Malformed);
    refused(receiver, 0, &good[..LIST - 1], ErrorKind::Malformed);
    refused(receiver, 0, &good[..good.len() - 1], ErrorKind::Malformed);
    refused(receiver, 0, &[&good[..], &[0]].concat(), ErrorKind::Malformed);
    let mut more = good.clone();
    more[16] += 1;
    assert_eq!(refused(receiver, 0, &more, ErrorKind::Malformed).bound(), Some(4 + 7 * 32));
    more[16..20].fill(0xff);
    refused(receiver, 0, &more, ErrorKind::TooLong);
    for byte in [0, 15] {
        let mut other = good.clone();
        other[byte] ^= 1;
        refused(receiver, 0, &other, ErrorKind::WrongRun);
    }
    let mut repeated = good.clone();
    repeated.copy_within(LIST..LIST + 32, LIST + 32);
    refused(receiver, 0, &repeated, ErrorKind::RepeatedElement);
    let mut unordered = good.clone();
    unordered[LIST..].rotate_left(32);
    refused(receiver, 0, &unordered, ErrorKind::NonCanonical);
    receiver.receive_vartime(0, &good).unwrap();
    refused(receiver, 0, &good, ErrorKind::Duplicate);
    sessions.iter_mut().for_each(|session| session.advance_vartime().unwrap());
    finishes(sessions, 4);
}

#[test]
fn what_is_no_element_ends_the_run() {
    let sets = [set(0..6), set(2..9), set(0..9)];
    for (bytes, kind) in [([0; 32], ErrorKind::LowOrderKey), ([0xff; 32], ErrorKind::NonCanonical)] {
        // From the leader, whose list is in order, to the first follower.
        let mut sessions = until(0, &sets, Output::Size, None);
        let mut bad = message(&sessions, 0, 1);
        let at = if bytes[0] == 0 { LIST } else { bad.len() - 32 };
        bad[at..at + 32].copy_from_slice(&bytes);
        let key = message(&sessions, 2, 1);
        sessions[1].receive_vartime(0, &bad).unwrap();
        sessions[1].receive_vartime(2, &key).unwrap();
        sessions[1].advance_vartime().unwrap();
        for _ in 0..2 {
            let error = sessions[1].work_vartime(usize::MAX).unwrap_err();
            assert_eq!((error.kind(), error.party()), (kind, Some(0)));
        }
        // Between followers, in either column.
        for column in 0..2 {
            let mut sessions = until(1, &sets, Output::Intersection, None);
            let mut bad = message(&sessions, 1, 2);
            let at = if bytes[0] == 0 { LIST } else { bad.len() - 64 } + 32 * column;
            bad[at..at + 32].copy_from_slice(&bytes);
            sessions[2].receive_vartime(1, &bad).unwrap();
            sessions[2].advance_vartime().unwrap();
            let error = sessions[2].work_vartime(usize::MAX).unwrap_err();
            assert_eq!((error.kind(), error.party()), (kind, Some(1)));
        }
        // Back to the leader.
        let mut sessions = until(2, &sets, Output::Intersection, None);
        let tables = [message(&sessions, 1, 0), message(&sessions, 2, 0)];
        let mut bad = tables[1].clone();
        let at = bad.len() - 32;
        bad[at..].copy_from_slice(&bytes);
        sessions[0].receive_vartime(1, &tables[0]).unwrap();
        sessions[0].receive_vartime(2, &bad).unwrap();
        sessions[0].advance_vartime().unwrap();
        let error = sessions[0].work_vartime(usize::MAX).unwrap_err();
        assert_eq!((error.kind(), error.party()), (kind, Some(2)));
    }
}

#[test]
fn keys_that_are_none() {
    let sets = [set(0..6), set(2..9), set(0..9)];
    let mut sessions = until(0, &sets, Output::Size, None);
    let (good, own) = (message(&sessions, 2, 1), message(&sessions, 1, 2));
    let receiver = &mut sessions[1];
    let with = |key: &[u8]| [&good[..16], key].concat();
    refused(receiver, 2, &with(&[0; 32]), ErrorKind::LowOrderKey);
    refused(receiver, 2, &with(&[0xff; 32]), ErrorKind::NonCanonical);
    refused(receiver, 2, &with(&own[16..]), ErrorKind::RepeatedKey);
    refused(receiver, 2, &good[..47], ErrorKind::Malformed);
    // What the party sent to another one.
    refused(receiver, 2, &own, ErrorKind::WrongRun);
    let list = message(&sessions, 0, 1);
    let receiver = &mut sessions[1];
    receiver.receive_vartime(0, &list).unwrap();
    let missing = receiver.advance_vartime().unwrap_err();
    assert_eq!((missing.kind(), missing.party()), (ErrorKind::OutOfOrder, Some(2)));
    receiver.receive_vartime(2, &good).unwrap();
    receiver.advance_vartime().unwrap();
}

#[test]
fn tables_and_rows_that_come_back_changed() {
    let sets = [set(0..6), set(2..9), set(0..9)];
    for output in [Output::Intersection, Output::Size] {
        let mut sessions = until(2, &sets, output, None);
        let (first, last) = (message(&sessions, 1, 0), message(&sessions, 2, 0));
        let leader = &mut sessions[0];
        let rows = TABLE + 1024;
        refused(leader, 1, &first[..first.len() - 1], ErrorKind::Malformed);
        refused(leader, 1, &[&first[..], &[1]].concat(), ErrorKind::Malformed);
        refused(leader, 2, &last[..rows], ErrorKind::Malformed);
        refused(leader, 1, &last, ErrorKind::WrongRun);
        for bins in [0, u32::MAX] {
            let mut other = first.clone();
            other[16..20].copy_from_slice(&bins.to_le_bytes());
            refused(leader, 1, &other, ErrorKind::TooLong);
        }
        let mut other = first.clone();
        other[TABLE..TABLE + 8].fill(0xff);
        refused(leader, 1, &other, ErrorKind::Malformed);
        // A row less, a repeated element.
        let mut fewer = last[..last.len() - 64].to_vec();
        fewer[rows] -= 1;
        assert_eq!(refused(leader, 2, &fewer, ErrorKind::CountChanged).bound(), Some(6));
        let mut repeated = last.clone();
        repeated.copy_within(rows + 4..rows + 36, rows + 4 + 64);
        refused(leader, 2, &repeated, ErrorKind::RepeatedElement);
        if output == Output::Size {
            let mut unordered = last.clone();
            unordered[rows + 4..].rotate_left(64);
            refused(leader, 2, &unordered, ErrorKind::NonCanonical);
        }
        leader.receive_vartime(1, &first).unwrap();
        leader.receive_vartime(2, &last).unwrap();
        sessions.iter_mut().for_each(|session| session.advance_vartime().unwrap());
        finishes(sessions, 4);
    }
}

#[test]
fn sizes_that_were_agreed_on_are_held() {
    let sets = [set(0..6), set(2..9)];
    let short = message(&until(0, &sets, Output::Size, Some(40)), 0, 1);
    let mut sessions = until(0, &sets, Output::Size, Some(40));
    let mut fewer = short[..short.len() - 32].to_vec();
    fewer[16] -= 1;
    assert_eq!(refused(&mut sessions[1], 0, &fewer, ErrorKind::CountChanged).bound(), Some(40));
    let mut sessions = until(1, &sets, Output::Size, Some(40));
    let mut other = message(&sessions, 1, 0);
    other[16] = 1;
    assert_eq!(refused(&mut sessions[0], 1, &other, ErrorKind::CountChanged).bound(), Some(3));
    // Another agreement.
    let other = message(&until(0, &sets, Output::Size, None), 0, 1);
    let mut sessions = until(0, &sets, Output::Size, Some(40));
    refused(&mut sessions[1], 0, &other, ErrorKind::WrongRun);
    let other = message(&until(0, &sets, Output::Intersection, Some(40)), 0, 1);
    refused(&mut sessions[1], 0, &other, ErrorKind::WrongRun);
}

#[test]
fn outcomes_that_cannot_be() {
    let sets = [set(0..6), set(2..9)];
    let mut sessions = until(2, &sets, Output::Intersection, None);
    let good = message(&sessions, 0, 1);
    let follower = &mut sessions[1];
    let mut foreign = good.clone();
    foreign[LIST..LIST + 32].fill(0);
    refused(follower, 0, &foreign, ErrorKind::NotInSet);
    let mut repeated = good.clone();
    repeated.copy_within(LIST..LIST + 32, LIST + 32);
    refused(follower, 0, &repeated, ErrorKind::RepeatedElement);
    assert!(follower.outcome().is_none());
    follower.receive_vartime(0, &good).unwrap();
    let mut sessions = until(2, &sets, Output::Size, None);
    let good = message(&sessions, 0, 1);
    let follower = &mut sessions[1];
    let mut larger = good.clone();
    larger[16] = 8;
    assert_eq!(refused(follower, 0, &larger, ErrorKind::CountChanged).bound(), Some(7));
    refused(follower, 0, &good[..19], ErrorKind::Malformed);
    follower.receive_vartime(0, &good).unwrap();
    follower.advance_vartime().unwrap();
    for error in [
        follower.advance_vartime().unwrap_err(),
        follower.receive_vartime(0, &good).unwrap_err(),
        follower.message(0).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::OutOfOrder);
    }
}

#[test]
fn parties_that_have_nothing_to_say() {
    let sets = [set(0..6), set(2..9), set(0..9)];
    let mut sessions = until(0, &sets, Output::Size, None);
    refused(&mut sessions[0], 1, b"x", ErrorKind::OutOfOrder);
    refused(&mut sessions[0], 0, b"", ErrorKind::UnknownParty);
    refused(&mut sessions[0], 3, b"", ErrorKind::UnknownParty);
    sessions[0].receive_vartime(1, b"").unwrap();
    assert_eq!(sessions[0].message(0).unwrap_err().kind(), ErrorKind::UnknownParty);
    finishes(sessions, 4);
}

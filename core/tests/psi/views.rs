//! What parties see: no position and no number tells more than docs/psi.md says.

use std::collections::BTreeSet;

use cloakwork_core::psi::{Output, Session};

use crate::parties::{Message, Set, party, run, set, setting};

fn elements(bytes: &[u8]) -> Vec<[u8; 32]> {
    bytes.as_chunks::<32>().0.to_vec()
}

/// The rows of the leader's list as party `from` sent them.
fn rows(sent: &[Message], round: usize, from: usize, to: usize) -> Vec<[u8; 32]> {
    let message = sent.iter().find(|message| (message.round, message.from, message.to) == (round, from, to)).unwrap();
    elements(&message.bytes[20..])
}

#[test]
fn no_element_is_seen_twice_but_what_the_page_says() {
    // All sets are the same: a protocol that shows who holds what would show equal elements.
    let sets = vec![set(0..20), set(0..20), set(0..20)];
    let (_, sent) = run(&sets, Output::Size, None);
    let first: BTreeSet<_> = rows(&sent, 0, 0, 1).into_iter().collect();
    let second = rows(&sent, 1, 1, 2);
    let (hidden, values): (BTreeSet<_>, BTreeSet<_>) =
        (second.iter().step_by(2).copied().collect(), second.iter().skip(1).step_by(2).copied().collect());
    // The hidden items go on, and nothing else is equal.
    assert_eq!(first, hidden);
    assert!(hidden.is_disjoint(&values));
    assert_eq!((first.len(), values.len()), (20, 20));
}

/// In what order a party has its items shows in no byte that it sends.
#[test]
fn the_order_of_items_does_not_matter() {
    let numbers: Vec<u32> = (0..30).collect();
    let backwards: Vec<u32> = numbers.iter().rev().copied().collect();
    for output in [Output::Intersection, Output::Size] {
        for index in 0..3 {
            let message = |items: &Set| {
                let mut session = party(setting(3, index, output, None), items);
                session.work_vartime(usize::MAX).unwrap();
                (0..3).filter(|to| *to != index).map(|to| session.message(to).unwrap().to_vec()).collect::<Vec<_>>()
            };
            assert_eq!(message(&set(numbers.clone())), message(&set(backwards.clone())));
        }
    }
}

/// Every follower puts rows into an order of its own where only the size is asked for, and keeps the order where items are.
#[test]
fn followers_hide_which_row_is_which() {
    for (output, kept) in [(Output::Intersection, true), (Output::Size, false)] {
        let (_, sent) = run(&[set(0..40), set(0..40), set(0..40)], output, None);
        let before = rows(&sent, 0, 0, 1);
        let after: Vec<_> = rows(&sent, 1, 1, 2).chunks(2).map(|row| row[0]).collect();
        assert_eq!(before == after, kept);
    }
}

/// Padded sets give messages of the same lengths, whatever is in them.
#[test]
fn agreed_sizes_hide_the_real_ones() {
    let lengths = |sets: &[Set]| -> Vec<usize> {
        let (_, sent) = run(sets, Output::Size, Some(50));
        sent.iter().map(|message| message.bytes.len()).collect()
    };
    assert_eq!(lengths(&[set(0..50), set(0..50), set(7..30)]), lengths(&[set(0..0), set(1..2), set(0..50)]));
}

/// A later run with the same items, and another id or other exponents, has nothing in common with this one.
#[test]
fn runs_have_nothing_in_common() {
    let items = set(0..20);
    let list = |run: u8, seed: &str| -> BTreeSet<[u8; 32]> {
        let mut setting = setting(2, 0, Output::Size, None);
        setting.run = [run; 32];
        let mut rng = crate::random::Generator::new(seed);
        let mut session = Session::new_vartime(setting, items.iter().map(Vec::as_slice), &mut rng).unwrap();
        session.work_vartime(usize::MAX).unwrap();
        elements(&session.message(1).unwrap()[20..]).into_iter().collect()
    };
    let first = list(1, "a");
    assert_eq!(first, list(1, "a"));
    assert!(first.is_disjoint(&list(2, "a")));
    assert!(first.is_disjoint(&list(1, "b")));
}

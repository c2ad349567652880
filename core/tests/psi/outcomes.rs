//! What comes out is what plain sets say.

use std::collections::BTreeSet;

use cloakwork_core::ErrorKind;
use cloakwork_core::psi::{MAX_PARTIES, Output, Piece, Session, Setting};

use crate::parties::{Set, party, run, set, setting};
use crate::random::{Generator, Stuck};

fn common(sets: &[Set]) -> BTreeSet<Vec<u8>> {
    let all: Vec<BTreeSet<Vec<u8>>> = sets.iter().map(|set| set.iter().cloned().collect()).collect();
    all[0].iter().filter(|item| all.iter().all(|set| set.contains(*item))).cloned().collect()
}

fn check(sets: &[Set], size: Option<usize>) {
    let expected = common(sets);
    let (sessions, _) = run(sets, Output::Intersection, size);
    for (session, set) in sessions.iter().zip(sets) {
        let outcome = session.outcome().unwrap();
        let places = outcome.places().unwrap();
        assert!(places.is_sorted());
        let found: Vec<&Vec<u8>> = places.iter().map(|place| &set[*place as usize]).collect();
        assert_eq!(found.len(), expected.len());
        assert_eq!(found.into_iter().cloned().collect::<BTreeSet<_>>(), expected);
        assert_eq!(outcome.size(), expected.len());
    }
    let (sessions, _) = run(sets, Output::Size, size);
    for session in &sessions {
        let outcome = session.outcome().unwrap();
        assert_eq!(outcome.size(), expected.len());
        assert!(outcome.places().is_none());
    }
}

#[test]
fn sets_in_all_relations() {
    for sets in [
        vec![set(0..20), set(10..30)],
        vec![set(0..5), set(0..5)],
        vec![set(0..5), set(5..10)],
        vec![set(0..0), set(0..5)],
        vec![set(0..5), set(0..0)],
        vec![set(0..0), set(0..0)],
        vec![set(0..20), set(10..30), set((0..40).step_by(3))],
        vec![set(0..3), set(0..90), set(2..3)],
        vec![set(0..6), set(0..6), set(6..9)],
        vec![set(0..6), set(0..0), set(0..6)],
        vec![set(0..9), set(2..12), set(0..8), set(4..7), set(5..99)],
    ] {
        check(&sets, None);
        check(&sets, Some(100));
    }
}

#[test]
fn drawn_sets() {
    let mut rng = Generator::new("drawn sets");
    for parties in [2, 3, 5] {
        for _ in 0..3 {
            let sets: Vec<Set> = (0..parties)
                .map(|_| {
                    let mut numbers: Vec<u32> = (0..60).filter(|_| rng.below(4) > 0).collect();
                    rng.shuffle(&mut numbers);
                    set(numbers)
                })
                .collect();
            check(&sets, None);
        }
    }
}

#[test]
fn repeated_items_count_once_and_any_bytes_are_items() {
    let one: Set = vec![vec![], b"b".to_vec(), vec![0; 1000], b"b".to_vec(), vec![], b"c".to_vec()];
    let two: Set = vec![b"c".to_vec(), vec![0; 1000], vec![0; 999], vec![], vec![0; 1000]];
    let (sessions, _) = run(&[one, two], Output::Intersection, None);
    assert_eq!(sessions[0].outcome().unwrap().places().unwrap(), [0, 2, 5]);
    assert_eq!(sessions[1].outcome().unwrap().places().unwrap(), [0, 1, 3]);
}

#[test]
fn pieces_give_what_all_at_once_gives() {
    let items = set(0..700);
    let whole = party(setting(2, 0, Output::Size, None), &items);
    let mut whole = whole;
    whole.work_vartime(usize::MAX).unwrap();
    let mut parts = party(setting(2, 0, Output::Size, None), &items);
    assert_eq!(parts.pending(), 700);
    assert_eq!(parts.message(1).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(parts.receive_vartime(1, b"").unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(parts.advance_vartime().unwrap_err().kind(), ErrorKind::OutOfOrder);
    while parts.pending() > 0 {
        let pending = parts.pending();
        parts
            .work_in_pieces_vartime(301, 3, |pieces| {
                assert_eq!(pieces.len(), 3);
                std::thread::scope(|scope| {
                    let threads: Vec<_> = pieces.into_iter().map(|piece| scope.spawn(|| Piece::run(piece))).collect();
                    threads.into_iter().try_for_each(|thread| thread.join().unwrap())
                })
            })
            .unwrap();
        assert_eq!(parts.pending(), pending.saturating_sub(301));
    }
    assert_eq!(parts.message(1).unwrap(), whole.message(1).unwrap());
}

#[test]
fn settings_outside_of_their_range_are_refused() {
    let kind = |setting: Setting, items: &Set| {
        Session::new_vartime(setting, items.iter().map(Vec::as_slice), &mut Generator::new("x")).unwrap_err().kind()
    };
    let few = set(0..3);
    assert_eq!(kind(setting(1, 0, Output::Size, None), &few), ErrorKind::InvalidArgument);
    assert_eq!(kind(setting(MAX_PARTIES + 1, 0, Output::Size, None), &few), ErrorKind::InvalidArgument);
    assert_eq!(kind(setting(2, 2, Output::Size, None), &few), ErrorKind::UnknownParty);
    assert_eq!(kind(setting(2, 0, Output::Size, Some(0)), &few), ErrorKind::InvalidArgument);
    assert_eq!(kind(setting(2, 0, Output::Size, Some(2)), &few), ErrorKind::TooLong);
    let stuck = Session::new_vartime(setting(2, 0, Output::Size, None), few.iter().map(Vec::as_slice), &mut Stuck(9));
    assert_eq!(stuck.unwrap_err().kind(), ErrorKind::Randomness);
}

//! Private set intersection through the C ABI.

use core::ptr::{null, null_mut};

use cloakwork::error::{CLOAK_ERROR_HAS_PARTY, cloak_error};
use cloakwork::psi::cloak_psi_output::*;
use cloakwork::psi::*;
use cloakwork::status::cloak_status;
use cloakwork::status::cloak_status::*;

use crate::support::vector;

const PARTIES: u32 = 3;

fn config(index: u32, output: cloak_psi_output) -> cloak_psi_config {
    cloak_psi_config { run: [5; 32], parties: PARTIES, index, output: output as i32, size: 0 }
}

fn begin(config: &cloak_psi_config, items: &[&str], out: *mut *mut cloak_psi) -> cloak_status {
    let (bytes, lengths) = (items.concat(), items.iter().map(|item| item.len()).collect::<Vec<_>>());
    unsafe { cloak_psi_new_vartime(config, bytes.as_ptr(), bytes.len(), lengths.as_ptr(), lengths.len(), null(), out) }
}

fn all(output: cloak_psi_output) -> Vec<*mut cloak_psi> {
    let sets: [&[&str]; 3] = [&["ulm", "bonn", "", "ulm", "mainz"], &["mainz", "", "bonn"], &["", "mainz", "trier"]];
    let party = |(index, items): (u32, &[&str])| {
        let mut out = null_mut();
        assert_eq!(begin(&config(index, output), items, &mut out), CLOAK_OK);
        out
    };
    (0..).zip(sets).map(party).collect()
}

fn progress(psi: *const cloak_psi) -> (u32, u32, usize) {
    let (mut round, mut rounds, mut pending) = (9, 9, 9);
    assert_eq!(unsafe { cloak_psi_get_progress(psi, &mut round, &mut rounds, &mut pending) }, CLOAK_OK);
    (round, rounds, pending)
}

fn message(psi: *const cloak_psi, to: u32) -> Vec<u8> {
    vector(|out, capacity, length| unsafe { cloak_psi_message(psi, to, out, capacity, length) })
}

fn run(parties: &[*mut cloak_psi]) {
    while progress(parties[0]).0 < progress(parties[0]).1 {
        for party in parties {
            while progress(*party).2 > 0 {
                assert_eq!(unsafe { cloak_psi_work_vartime(*party, 2, 2, null_mut()) }, CLOAK_OK);
            }
        }
        for (from, sender) in (0..).zip(parties) {
            for (to, receiver) in (0..).zip(parties).filter(|(to, _)| *to != from) {
                let sent = message(*sender, to);
                let status =
                    unsafe { cloak_psi_receive_vartime(*receiver, from, sent.as_ptr(), sent.len(), null_mut()) };
                assert_eq!(status, CLOAK_OK);
            }
        }
        for party in parties {
            assert_eq!(unsafe { cloak_psi_advance_vartime(*party, null_mut()) }, CLOAK_OK);
        }
    }
}

#[test]
fn common_items_and_their_number() {
    for output in [CLOAK_PSI_INTERSECTION, CLOAK_PSI_SIZE] {
        let parties = all(output);
        let mut size = 0;
        assert_eq!(unsafe { cloak_psi_get_size(parties[0], &mut size) }, CLOAK_ERR_OUT_OF_ORDER);
        run(&parties);
        for (party, places) in parties.iter().zip([vec![2, 4], vec![0, 1], vec![0, 1]]) {
            assert_eq!(unsafe { cloak_psi_get_size(*party, &mut size) }, CLOAK_OK);
            assert_eq!(size, 2);
            if output == CLOAK_PSI_INTERSECTION {
                let found: Vec<u32> =
                    vector(|out, capacity, length| unsafe { cloak_psi_get_common(*party, out, capacity, length) });
                assert_eq!(found, places);
            } else {
                let status = unsafe { cloak_psi_get_common(*party, null_mut(), 0, &mut size) };
                assert_eq!(status, CLOAK_ERR_OUT_OF_ORDER);
            }
            unsafe { cloak_psi_free(*party) };
        }
    }
}

#[test]
fn what_is_refused() {
    type Change = fn(&mut cloak_psi_config);
    let mut out = null_mut();
    let changes: [(Change, cloak_status); 6] = [
        (|config| config.parties = 1, CLOAK_ERR_INVALID_ARGUMENT),
        (|config| config.parties = 65, CLOAK_ERR_INVALID_ARGUMENT),
        (|config| config.output = 2, CLOAK_ERR_INVALID_ARGUMENT),
        (|config| config.size = 1 << 21, CLOAK_ERR_INVALID_ARGUMENT),
        (|config| config.index = 3, CLOAK_ERR_UNKNOWN_PARTY),
        (|config| config.size = 1, CLOAK_ERR_TOO_LONG),
    ];
    for (change, status) in changes {
        let mut config = config(0, CLOAK_PSI_SIZE);
        change(&mut config);
        assert_eq!(begin(&config, &["a", "b"], &mut out), status);
    }
    let config = config(0, CLOAK_PSI_SIZE);
    for lengths in [[1usize, 1], [2, 2], [usize::MAX, 4]] {
        let status =
            unsafe { cloak_psi_new_vartime(&config, b"abc".as_ptr(), 3, lengths.as_ptr(), 2, null(), &mut out) };
        assert_eq!(status, CLOAK_ERR_INVALID_LENGTH);
    }
    assert!(out.is_null());
    let parties = all(CLOAK_PSI_SIZE);
    let mut error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
    unsafe {
        for threads in [0, 1025] {
            assert_eq!(cloak_psi_work_vartime(parties[0], 1, threads, &mut error), CLOAK_ERR_INVALID_ARGUMENT);
        }
        let mut length = 0;
        assert_eq!(cloak_psi_message(parties[0], 1, null_mut(), 0, &mut length), CLOAK_ERR_OUT_OF_ORDER);
        for party in &parties {
            assert_eq!(cloak_psi_work_vartime(*party, usize::MAX, 3, null_mut()), CLOAK_OK);
        }
        let mut bad = message(parties[0], 1);
        bad.truncate(40);
        let status = cloak_psi_receive_vartime(parties[1], 0, bad.as_ptr(), bad.len(), &mut error);
        assert_eq!((status, error.party, error.present & CLOAK_ERROR_HAS_PARTY), (CLOAK_ERR_MALFORMED, 0, 1));
        let mut bad = message(parties[0], 1);
        bad[20..52].fill(0);
        let key = message(parties[2], 1);
        assert_eq!(cloak_psi_receive_vartime(parties[1], 0, bad.as_ptr(), bad.len(), &mut error), CLOAK_OK);
        assert_eq!(cloak_psi_advance_vartime(parties[1], &mut error), CLOAK_ERR_OUT_OF_ORDER);
        assert_eq!((error.party, error.present & CLOAK_ERROR_HAS_PARTY), (2, 1));
        assert_eq!(cloak_psi_receive_vartime(parties[1], 2, key.as_ptr(), key.len(), &mut error), CLOAK_OK);
        assert_eq!(cloak_psi_advance_vartime(parties[1], &mut error), CLOAK_OK);
        for threads in [1, 2] {
            assert_eq!(cloak_psi_work_vartime(parties[1], 9, threads, &mut error), CLOAK_ERR_LOW_ORDER_KEY);
            assert_eq!((error.party, error.present & CLOAK_ERROR_HAS_PARTY), (0, 1));
        }
        parties.into_iter().for_each(|party| cloak_psi_free(party));
        cloak_psi_free(null_mut());
    }
}

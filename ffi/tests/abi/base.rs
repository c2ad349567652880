//! Base transfers that are kept, through the C ABI.

use core::ptr::{null, null_mut};

use cloakwork::error::{CLOAK_ERROR_HAS_PARTY, cloak_error};
use cloakwork::mpc::base::*;
use cloakwork::mpc::session::{cloak_mpc_config, cloak_mpc_session_free};
use cloakwork::status::cloak_status::*;

use crate::support::vector;

fn message(base: *const cloak_mpc_base) -> Vec<u8> {
    vector(|out, capacity, length| unsafe { cloak_mpc_base_message(base, out, capacity, length) })
}

fn side(side: u32) -> *mut cloak_mpc_base {
    let mut out = null_mut();
    assert_eq!(unsafe { cloak_mpc_base_new([3; 32].as_ptr(), side, null(), &mut out) }, CLOAK_OK);
    out
}

#[test]
fn transfers_serve_each_session_once() {
    let pair = [side(0), side(1)];
    let (mut id, mut sessions) = ([[0; 32]; 2], 9);
    let config = cloak_mpc_config { parties: 2, index: 0, rounding: 2, fraction: 16, bits: 32, suite: 2, verified: 0 };
    let mut error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
    let begin = |base: *mut cloak_mpc_base, session: u8, error: &mut cloak_error| {
        let (bases, mut out) = ([null_mut(), base], null_mut());
        let session = [session; 32];
        let status = unsafe {
            let (session, bases) = (session.as_ptr(), bases.as_ptr());
            cloak_mpc_session_new_with_base(&config, session, 1 << 10, bases, null(), &mut out, error)
        };
        unsafe { cloak_mpc_session_free(out) };
        status
    };
    unsafe {
        assert_eq!(cloak_mpc_base_get_id(pair[0], id[0].as_mut_ptr(), &mut sessions), CLOAK_ERR_OUT_OF_ORDER);
        assert_eq!(begin(pair[0], 1, &mut error), CLOAK_ERR_OUT_OF_ORDER);
        for length in [8224, 6144] {
            let messages = pair.map(|base| message(base));
            assert_eq!(messages.each_ref().map(Vec::len), [length; 2]);
            assert_eq!(cloak_mpc_base_receive(pair[0], messages[1].as_ptr(), 7), CLOAK_ERR_MALFORMED);
            assert_eq!(cloak_mpc_base_receive(pair[0], messages[0].as_ptr(), length), CLOAK_ERR_REPEATED_KEY);
            assert_eq!(cloak_mpc_base_receive(pair[0], messages[1].as_ptr(), length), CLOAK_OK);
            assert_eq!(cloak_mpc_base_receive(pair[1], messages[0].as_ptr(), length), CLOAK_OK);
        }
        assert!(message(pair[0]).is_empty());
        assert_eq!(cloak_mpc_base_receive(pair[0], [0].as_ptr(), 1), CLOAK_ERR_OUT_OF_ORDER);
        assert_eq!(begin(pair[0], 1, &mut error), CLOAK_OK);
        assert_eq!(begin(pair[0], 2, &mut error), CLOAK_OK);
        assert_eq!(begin(pair[0], 1, &mut error), CLOAK_ERR_DUPLICATE);
        assert_eq!((error.party, error.present & CLOAK_ERROR_HAS_PARTY), (1, 1));
        assert_eq!(begin(null_mut(), 3, &mut error), CLOAK_ERR_INVALID_ARGUMENT);
        for (base, (id, served)) in pair.iter().zip(id.iter_mut().zip([2, 0])) {
            assert_eq!(cloak_mpc_base_get_id(*base, id.as_mut_ptr(), &mut sessions), CLOAK_OK);
            assert_eq!(sessions, served);
        }
        assert_eq!(id[0], id[1]);
        pair.into_iter().for_each(|base| cloak_mpc_base_free(base));
        let mut out = null_mut();
        assert_eq!(cloak_mpc_base_new([3; 32].as_ptr(), 2, null(), &mut out), CLOAK_ERR_INVALID_ARGUMENT);
    }
}

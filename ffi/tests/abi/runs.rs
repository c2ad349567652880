//! Runs: what goes in comes out, and the error says whom it concerns.

use core::ptr::{null, null_mut};

use cloakwork::error::*;
use cloakwork::layout::*;
use cloakwork::plan::*;
use cloakwork::roster::cloak_member;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::sizes::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::values::cloak_type;

use crate::support::*;

fn members(count: u64) -> Vec<cloak_member> {
    (1..=count)
        .map(|number| {
            let identity = identity(number);
            let member = cloak_member { id: 10 * number, key: public_key(identity) };
            unsafe { cloakwork::identity::cloak_identity_free(identity) };
            member
        })
        .collect()
}

fn make(
    config: &cloak_run_config,
    segments: &[cloak_segment],
    members: &[cloak_member],
) -> (cloak_status, cloak_error) {
    let mut run = null_mut();
    let mut error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
    let (parts, roster) = ((segments.as_ptr(), segments.len()), (members.as_ptr(), members.len()));
    let status = unsafe { cloak_run_new(config, null(), parts.0, parts.1, roster.0, roster.1, &mut run, &mut error) };
    assert_eq!(run.is_null(), status != CLOAK_OK);
    unsafe { cloak_run_free(run) };
    (status, error)
}

#[test]
fn a_run_comes_back_from_its_bytes() {
    let mut config = config(3);
    config.suite = CLOAK_SUITE_AES128_CTR;
    config.max_rounds = u32::MAX;
    let segments = [
        segment("wide", 128, 3, CLOAK_ENCODING_RESIDUES, 0),
        segment("model.weights-0_1", 20, 1 << 31, CLOAK_ENCODING_FIXED_POINT, -3),
    ];
    let world = World::new(5, &config, &segments);
    let description: Vec<u8> =
        vector(|out, capacity, length| unsafe { cloak_run_description(world.run, out, capacity, length) });
    assert!(description.len() <= CLOAK_DESCRIPTION_SIZE);
    let roster: Vec<u8> = vector(|out, capacity, length| unsafe { cloak_run_roster(world.run, out, capacity, length) });
    assert_eq!(roster.len(), 5 * CLOAK_MEMBER_SIZE);
    let decode = |description: &[u8], roster: &[u8]| {
        let mut run = null_mut();
        let status = unsafe {
            cloak_run_decode(
                description.as_ptr(),
                description.len(),
                roster.as_ptr(),
                roster.len(),
                &mut run,
                null_mut(),
            )
        };
        (status, run)
    };
    let (status, run) = decode(&description, &roster);
    assert_eq!(status, CLOAK_OK);
    let hash = |run| {
        let mut hash = [0; 32];
        assert_eq!(unsafe { cloak_run_hash(run, hash.as_mut_ptr()) }, CLOAK_OK);
        hash
    };
    assert_eq!(hash(run), hash(world.run));
    let mut found = self::config(1);
    assert_eq!(unsafe { cloak_run_get_config(run, &mut found) }, CLOAK_OK);
    assert_eq!(format!("{found:?}"), format!("{config:?}"));
    for (index, expected) in (0..).zip(&segments) {
        let mut found = segment("", 0, 0, 0, 0);
        assert_eq!(unsafe { cloak_run_segment(run, index, &mut found) }, CLOAK_OK);
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }
    let mut beyond = segment("", 0, 0, 0, 0);
    assert_eq!(unsafe { cloak_run_segment(run, 2, &mut beyond) }, CLOAK_ERR_INVALID_ARGUMENT);
    assert_eq!(beyond.label, [0; 33]);

    let mut info = cloak_run_info { payload_size: 0, members: 0, neighbours: 0, segments: 0, private_vector: 1 };
    assert_eq!(unsafe { cloak_run_get_info(run, &mut info) }, CLOAK_OK);
    assert_eq!((info.members, info.neighbours, info.segments, info.private_vector), (5, 4, 2, 0));
    let layouts = [0, 1].map(|index| {
        let mut layout = cloak_layout { offset: 0, size: 0, length: 0, zeros: 0, limit: 0, lane: 0, reserved: 1 };
        assert_eq!(unsafe { cloak_run_layout(run, index, &mut layout) }, CLOAK_OK);
        layout
    });
    assert_eq!((layouts[0].offset, layouts[0].size, layouts[0].zeros), (0, 64, 1));
    assert_eq!((layouts[0].lane, layouts[0].limit), (cloak_type::CLOAK_U128 as i32, u64::MAX));
    assert_eq!((layouts[1].offset, layouts[1].length, layouts[1].zeros), (64, 1 << 31, 4));
    assert_eq!((layouts[1].lane, layouts[1].limit), (cloak_type::CLOAK_U32 as i32, ((1 << 19) - 1) / 5));
    assert_eq!(info.payload_size, 64 + layouts[1].size);
    unsafe { cloak_run_free(run) };

    assert_eq!(decode(&description[1..], &roster).0, CLOAK_ERR_MALFORMED);
    assert_eq!(decode(&[], &roster).0, CLOAK_ERR_MALFORMED);
    assert_eq!(decode(&[&description[..], &[0]].concat(), &roster).0, CLOAK_ERR_NON_CANONICAL);
    assert_eq!(decode(&description, &roster[1..]).0, CLOAK_ERR_INVALID_ROSTER);
    assert_eq!(decode(&description, &roster[40..]).0, CLOAK_ERR_INVALID_ROSTER);
    let mut other = roster.clone();
    other[9] ^= 1;
    assert_eq!(decode(&description, &other).0, CLOAK_ERR_INVALID_ROSTER);
}

#[test]
fn parameters_outside_their_bounds_are_refused() {
    let roster = members(5);
    let good = [segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)];
    assert_eq!(make(&config(3), &good, &roster).0, CLOAK_OK);
    let of_config = |change: fn(&mut cloak_run_config)| {
        let mut config = config(3);
        change(&mut config);
        make(&config, &good, &roster).0
    };
    assert_eq!(of_config(|config| config.threshold = 0), CLOAK_ERR_INVALID_THRESHOLD);
    assert_eq!(of_config(|config| config.threshold = 5), CLOAK_ERR_INVALID_THRESHOLD);
    assert_eq!(of_config(|config| config.threshold = 2), CLOAK_ERR_INVALID_THRESHOLD);
    assert_eq!(of_config(|config| config.degree = 3), CLOAK_ERR_INVALID_DEGREE);
    assert_eq!(of_config(|config| config.degree = 6), CLOAK_ERR_INVALID_DEGREE);
    assert_eq!(of_config(|config| config.min_inputs = 1), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_config(|config| config.max_rounds = 0), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_config(|config| config.setup_seconds = 604_801), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_config(|config| config.reserved = 1), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_config(|config| config.suite = 3), CLOAK_ERR_UNSUPPORTED);
    assert_eq!(of_config(|config| config.mode = 2), CLOAK_ERR_UNSUPPORTED);
    let of_segments = |segments: &[cloak_segment]| make(&config(3), segments, &roster).0;
    assert_eq!(of_segments(&[]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[good[0]; 2]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[good[0]; 9]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[segment("", 16, 4, 0, 0)]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[segment("Upper", 16, 4, 0, 0)]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[segment("x", 129, 4, 0, 0)]), CLOAK_ERR_INVALID_WIDTH);
    assert_eq!(of_segments(&[segment("x", 16, 0, 0, 0)]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[segment("x", 16, 4, 0, 1)]), CLOAK_ERR_INVALID_RUN);
    assert_eq!(of_segments(&[segment("x", 16, 4, 2, 0)]), CLOAK_ERR_INVALID_RUN);
    let unterminated = cloak_segment { label: [b'a'.cast_signed(); 33].map(core::ffi::c_char::from), ..good[0] };
    assert_eq!(of_segments(&[unterminated]), CLOAK_ERR_INVALID_RUN);
}

#[test]
fn a_bad_roster_names_the_member() {
    let good = [segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)];
    let mut roster = members(5);
    roster.swap(1, 2);
    let (status, error) = make(&config(3), &good, &roster);
    assert_eq!(status, CLOAK_ERR_INVALID_ROSTER);
    assert_eq!((error.status, error.present, error.party), (status as i32, CLOAK_ERROR_HAS_PARTY, 20));
    assert_eq!(make(&config(3), &good, &[]).0, CLOAK_ERR_INVALID_ROSTER);
}

#[test]
fn a_plan_meets_the_published_rows() {
    let plan = |members, corrupt, dropout, adversary| {
        let (mut degree, mut threshold) = (0, 0);
        let status = unsafe { cloak_plan(members, corrupt, dropout, 1, adversary, &mut degree, &mut threshold) };
        (status, degree, threshold)
    };
    assert_eq!(plan(1000, 0.05, 0.33, CLOAK_ADVERSARY_SEMI_HONEST), (CLOAK_OK, 72, 24));
    assert_eq!(plan(1000, 0.05, 0.33, CLOAK_ADVERSARY_SEMI_MALICIOUS), (CLOAK_OK, 398, 223));
    assert_eq!(plan(1000, 0.05, 0.33, 2), (CLOAK_ERR_INVALID_ARGUMENT, 0, 0));
    assert_eq!(plan(1000, f64::NAN, 0.33, 0), (CLOAK_ERR_INVALID_ARGUMENT, 0, 0));
    assert_eq!(plan(1000, 0.5, 0.45, 0), (CLOAK_ERR_NO_PARAMETERS, 0, 0));
}

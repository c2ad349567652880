//! Runs: the description that all parties agree on, with its roster.

use alloc::vec::Vec;

use cloakwork_core::prg::Suite;
use cloakwork_core::secagg::{
    Limits, MAX_DESCRIPTION_SIZE, MAX_MEMBERS, MAX_SEGMENTS, MEMBER_SIZE, Member, Mode, Run, RunConfig, roster_hash,
};
use cloakwork_core::{Error, ErrorKind};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle::{self, Opaque, kind};
use crate::pointer::{Buffer, Out, optional, out_array, slice, value};
use crate::privacy::mechanism::cloak_mechanism;
use crate::roster::cloak_member;
use crate::segment::{self, cloak_segment};
use crate::sizes::{CLOAK_DESCRIPTION_SIZE, CLOAK_HASH_SIZE, CLOAK_MAX_MEMBERS, CLOAK_MAX_SEGMENTS, CLOAK_MEMBER_SIZE};
use crate::status::cloak_status;

pub use crate::description::{
    CLOAK_MODE_NO_RECOVERY, CLOAK_MODE_RECOVERY, CLOAK_SUITE_AES128_CTR, CLOAK_SUITE_CHACHA20, cloak_run_config,
    cloak_run_info,
};

/// A run: its description and its roster. It never changes, so threads may share it.
#[derive(Debug)]
pub struct cloak_run {
    _opaque: (),
}

impl Opaque for cloak_run {
    type Object = RunObject;
    const KIND: u32 = kind(b"CWr");
}

/// What a run handle holds.
#[derive(Debug)]
pub(crate) struct RunObject {
    pub(crate) run: Run,
    pub(crate) roster: Vec<Member>,
    description: Vec<u8>,
}

const _: () = assert!(CLOAK_MEMBER_SIZE == MEMBER_SIZE);
const _: () = assert!(CLOAK_DESCRIPTION_SIZE == MAX_DESCRIPTION_SIZE);
const _: () = assert!(CLOAK_MAX_SEGMENTS == MAX_SEGMENTS);
const _: () = assert!(CLOAK_MAX_MEMBERS == MAX_MEMBERS as usize);

/// Defines a run. Only whoever plans it calls this; the others decode what it gives them.
///
/// Hosts only. The caller ends the run with `cloak_run_free`.
///
/// @param config         the parameters
/// @param mechanism      the noise mechanism; NULL for none. With one there is a single segment, of residues, as long as the mechanism pads the vector.
/// @param segments       the parts of a contribution, in order
/// @param segment_count  1 to `CLOAK_MAX_SEGMENTS`
/// @param members        the roster, by strictly ascending id
/// @param member_count   2 to `CLOAK_MAX_MEMBERS`
/// @param out            the run
/// @param error          NULL, or where to report whom an error concerns
/// @return an error of group 600 for the first field outside its bounds; `CLOAK_ERR_INVALID_MECHANISM` for a mechanism that is, or does not fit the
///         segment or the number of honest inputs that every opened sum has
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_new(
    config: *const cloak_run_config,
    mechanism: *const cloak_mechanism,
    segments: *const cloak_segment,
    segment_count: usize,
    members: *const cloak_member,
    member_count: usize,
    out: *mut *mut cloak_run,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let config = unsafe { value(config) }?;
        // SAFETY: header, "Pointers".
        let mechanism = unsafe { optional(mechanism) }?;
        // SAFETY: header, "Pointers".
        let segments = unsafe { slice(segments, segment_count) }?;
        // SAFETY: header, "Pointers".
        let members = unsafe { slice(members, member_count) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let run = report.on(RunObject::new(&config, mechanism, segments, members))?;
        out.write(handle::allocate(run)?.as_ptr());
        Ok(())
    })
}

/// Reads a run from the bytes of its description and of its roster, and checks that they belong together.
///
/// Hosts only. The caller ends the run with `cloak_run_free`.
///
/// @param description         canonical CBOR, as `cloak_run_description` gives it
/// @param description_length  bytes of `description`
/// @param roster              `CLOAK_MEMBER_SIZE` bytes for each member, as `cloak_run_roster` gives them
/// @param roster_length       bytes of `roster`
/// @param out                 the run
/// @param error               NULL, or where to report whom an error concerns
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_decode(
    description: *const u8,
    description_length: usize,
    roster: *const u8,
    roster_length: usize,
    out: *mut *mut cloak_run,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let description = unsafe { slice(description, description_length) }?;
        // SAFETY: header, "Pointers".
        let roster = unsafe { slice(roster, roster_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let run = report.on(RunObject::decode(description, roster))?;
        out.write(handle::allocate(run)?.as_ptr());
        Ok(())
    })
}

/// Ends a run. Objects that were made from it stay. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_free(run: *mut cloak_run) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(run) });
}

/// The bytes of the run description, which all parties must hold alike.
///
/// @param out       at most `CLOAK_DESCRIPTION_SIZE` bytes
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the description
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_description(
    run: *const cloak_run,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = unsafe { handle::shared(run) }?;
        // SAFETY: header, "Pointers".
        unsafe { Buffer::new(out, capacity, length) }?.copy(&run.description)
    })
}

/// The bytes of the roster: `CLOAK_MEMBER_SIZE` for each member, the id in little-endian order and the public key.
///
/// @param out       where the roster goes
/// @param capacity  bytes that fit in `out`
/// @param length    bytes of the roster
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_roster(
    run: *const cloak_run,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = unsafe { handle::shared(run) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        let roster: Vec<u8> = run.roster.iter().flat_map(Member::to_bytes).collect();
        out.copy(&roster)
    })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The run hash, which enters every derivation: parties with different descriptions share no key.
///
/// @param out  the hash, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_hash(run: *const cloak_run, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = unsafe { handle::shared(run) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_HASH_SIZE>(out) }?;
        out.write(*run.run.hash());
        Ok(())
    })
}

/// The parameters of a run.
///
/// @param out  the parameters
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_get_config(run: *const cloak_run, out: *mut cloak_run_config) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = unsafe { handle::shared(run) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(run.run.config().into());
        Ok(())
    })
}

/// The noise mechanism of a run.
///
/// @param out  the mechanism
/// @return `CLOAK_ERR_INVALID_ARGUMENT` when the run has none
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_get_mechanism(run: *const cloak_run, out: *mut cloak_mechanism) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = &unsafe { handle::shared(run) }?.run;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        let mechanism = run.config().mechanism.as_ref().ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        out.write(mechanism.into());
        Ok(())
    })
}

/// Numbers that follow from a run.
///
/// @param out  the numbers
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_get_info(run: *const cloak_run, out: *mut cloak_run_info) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = &unsafe { handle::shared(run) }?.run;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        out.write(run.into());
        Ok(())
    })
}

/// Ids of the parties with which a member shares masks, in the order of the roster.
///
/// @param id        the member
/// @param out       the ids
/// @param capacity  ids that fit in `out`
/// @param count     number of neighbours
/// @return `CLOAK_ERR_UNKNOWN_PARTY` when the roster has no such id
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_run_neighbours(
    run: *const cloak_run,
    id: u64,
    out: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let run = unsafe { handle::shared(run) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, count) }?;
        out.copy(&run.neighbours(id)?)
    })
}

impl RunObject {
    fn new(
        config: &cloak_run_config,
        mechanism: Option<cloak_mechanism>,
        segments: &[cloak_segment],
        members: &[cloak_member],
    ) -> Result<Self, Error> {
        if segments.len() > MAX_SEGMENTS || config.reserved != 0 {
            return Err(ErrorKind::InvalidRun.into());
        }
        let roster: Vec<Member> = members.iter().map(Member::from).collect();
        let count = u32::try_from(roster.len()).map_err(|_| ErrorKind::InvalidRoster)?;
        let config = RunConfig {
            run_id: config.run_id,
            suite: Suite::new(config.suite)?,
            mode: mode(config.mode)?,
            members: count,
            roster_hash: roster_hash(&mut roster.as_slice(), count)?,
            degree: config.degree,
            beacon: config.beacon,
            threshold: config.threshold,
            min_inputs: config.min_inputs,
            colluders: config.colluders,
            max_passes: config.max_passes,
            max_rounds: config.max_rounds,
            limits: Limits { setup: config.setup_seconds, step: config.step_seconds },
            segments: segments.iter().map(segment::to_core).collect::<Result<_, _>>()?,
            mechanism: mechanism.map(cloak_mechanism::to_core).transpose()?,
            settings_hash: config.settings_hash,
        };
        let mut description = alloc::vec![0; MAX_DESCRIPTION_SIZE];
        let written = config.encode(&mut description)?;
        description.truncate(written);
        Ok(Self { run: Run::decode(&description)?, roster, description })
    }

    fn decode(description: &[u8], roster: &[u8]) -> Result<Self, Error> {
        let run = Run::decode(description)?;
        let (entries, rest) = roster.as_chunks::<MEMBER_SIZE>();
        let count = run.config().members;
        if entries.len() != count as usize || !rest.is_empty() {
            return Err(ErrorKind::InvalidRoster.into());
        }
        let roster: Vec<Member> = entries.iter().map(Member::from_bytes).collect();
        if roster_hash(&mut roster.as_slice(), count)? != run.config().roster_hash {
            return Err(ErrorKind::InvalidRoster.into());
        }
        Ok(Self { run, roster, description: description.to_vec() })
    }

    fn neighbours(&self, id: u64) -> Result<Vec<u64>, Error> {
        let position = self.roster.binary_search_by_key(&id, |member| member.id);
        let position =
            position.ok().and_then(|position| u32::try_from(position).ok()).ok_or(ErrorKind::UnknownParty)?;
        let mut neighbours = Vec::new();
        self.run.graph().for_each_neighbour(position, |other| {
            neighbours.extend(self.roster.get(other as usize).map(|member| member.id));
        });
        neighbours.sort_unstable();
        Ok(neighbours)
    }
}

fn mode(mode: u8) -> Result<Mode, Error> {
    match mode {
        CLOAK_MODE_NO_RECOVERY => Ok(Mode::NoRecovery),
        CLOAK_MODE_RECOVERY => Ok(Mode::Recovery),
        _ => Err(ErrorKind::Unsupported.into()),
    }
}

//! What a client contributes to a run with a noise mechanism: on the heap, or in memory of the caller.

use core::ffi::c_void;
use core::ops::Range;

use cloakwork_core::privacy::pipeline::{Contribution, Pipeline, ROTATION_SEED_SIZE};
use cloakwork_core::ring::{Lane, lane_bytes};
use cloakwork_core::secagg::Values;
use cloakwork_core::{Error, ErrorKind};

use crate::boundary::boundary;
use crate::error::{Report, cloak_error};
use crate::handle::{self, Cell, Opaque, kind};
use crate::lanes::{Lanes, cloak_lanes};
use crate::pointer::{Out, Target, array, value};
use crate::privacy::mechanism::cloak_mechanism;
use crate::rng::{Generator, cloak_rng};
use crate::sizes::CLOAK_ALIGN;
use crate::status::{Checked, cloak_status};
use crate::values::cloak_values;
#[cfg(feature = "std")]
use alloc::vec::Vec;

/// The sum of a client's parts, each clipped, rotated, rounded and noised on its own: what it contributes to a round of a run with a noise mechanism.
///
/// Once all parts are added, it is given to `cloak_client_mask` or `cloak_client_mask_chunk` as values of type `CLOAK_CONTRIBUTION`. The parts themselves
/// are not kept; the residues are wiped when the contribution ends.
#[derive(Debug)]
pub struct cloak_contribution {
    _opaque: (),
}

/// Bytes of memory that a contribution needs, at most, on any target, beside its residues and its working memory.
pub const CLOAK_CONTRIBUTION_SIZE: usize = 1536;

const _: () = assert!(size_of::<Cell<ContributionObject>>() <= CLOAK_CONTRIBUTION_SIZE);
const _: () = assert!(align_of::<Cell<ContributionObject>>() <= CLOAK_ALIGN);

impl Opaque for cloak_contribution {
    type Object = ContributionObject;
    const KIND: u32 = kind(b"CWv");
}

/// What a contribution handle holds.
pub(crate) enum ContributionObject {
    U32(Vector<u32>),
    U64(Vector<u64>),
}

/// A contribution in one lane.
pub(crate) struct Vector<L: Lane> {
    contribution: Contribution<'static, L>,
    work: &'static mut [i64],
    /// What the two refer to, where the library gave it. Fields end in this order, so it outlives them.
    #[cfg(feature = "std")]
    _memory: Option<(Vec<L>, Vec<i64>)>,
}

/// cbindgen:ptrs-as-arrays=[[rotation; 32]]
/// A contribution without parts yet.
///
/// Hosts only. The caller ends it with `cloak_contribution_free`.
///
/// @param mechanism  the mechanism of the run
/// @param bits       bits of a residue
/// @param suite      suite of the run
/// @param rotation   rotation seed of the round, 32 bytes: `cloak_client_rotation_seed`. It is public and fresh in each round; with the same one twice
///                   the bound on the wrap-around does not hold.
/// @param out        the contribution
/// @param error      NULL, or where to report which bound was missed
/// @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_WIDTH` for more bits than the mechanism may have; `CLOAK_ERR_UNSUPPORTED` for the suite;
///         `CLOAK_ERR_OUT_OF_MEMORY`
#[cfg(feature = "std")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_contribution_new(
    mechanism: *const cloak_mechanism,
    bits: u8,
    suite: u8,
    rotation: *const u8,
    out: *mut *mut cloak_contribution,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mechanism = unsafe { value(mechanism) }?;
        // SAFETY: header, "Pointers".
        let rotation = unsafe { array::<ROTATION_SEED_SIZE>(rotation) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let pipeline = report.on(mechanism.pipeline(bits, suite))?;
        let object = if lane_bytes(pipeline.bits()) == 4 {
            ContributionObject::U32(Vector::on_heap(pipeline, &rotation)?)
        } else {
            ContributionObject::U64(Vector::on_heap(pipeline, &rotation)?)
        };
        out.write(handle::allocate::<cloak_contribution>(object)?.as_ptr());
        Ok(())
    })
}

/// Ends a contribution that came from `cloak_contribution_new` and wipes its residues. NULL is fine.
#[cfg(feature = "std")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_contribution_free(contribution: *mut cloak_contribution) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(contribution) });
}

/// Bytes of memory for `cloak_contribution_init`: `CLOAK_CONTRIBUTION_SIZE`.
#[unsafe(no_mangle)]
pub extern "C" fn cloak_contribution_size() -> usize {
    CLOAK_CONTRIBUTION_SIZE
}

/// cbindgen:ptrs-as-arrays=[[rotation; 32]]
/// A contribution without parts yet in memory of the caller, who ends it with `cloak_contribution_wipe`. All of `memory`, `residues` and `work` belongs to
/// it until then.
///
/// @param memory           at least `cloak_contribution_size` bytes, aligned to `cloak_align`
/// @param length           bytes of `memory`
/// @param mechanism        the mechanism of the run
/// @param bits             bits of a residue
/// @param suite            suite of the run
/// @param rotation         rotation seed of the round, 32 bytes: see `cloak_contribution_new`
/// @param residues         `uint32_t` for up to 32 bits, `uint64_t` for more; it need not hold anything
/// @param residues_length  elements of `residues`: the padded length of the mechanism
/// @param work             working memory; it need not hold anything
/// @param work_length      elements of `work`: the length of a rotated block
/// @param out              the contribution; it lies in `memory`
/// @param error            NULL, or where to report which bound was missed
/// @return as `cloak_contribution_new`, and `CLOAK_ERR_INVALID_LENGTH` for `residues` or `work`, `CLOAK_ERR_OVERLAP` when two of the three share a byte
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_contribution_init(
    memory: *mut c_void,
    length: usize,
    mechanism: *const cloak_mechanism,
    bits: u8,
    suite: u8,
    rotation: *const u8,
    residues: *mut c_void,
    residues_length: usize,
    work: *mut i64,
    work_length: usize,
    out: *mut *mut cloak_contribution,
    error: *mut cloak_error,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mechanism = unsafe { value(mechanism) }?;
        // SAFETY: header, "Pointers".
        let rotation = unsafe { array::<ROTATION_SEED_SIZE>(rotation) }?;
        // SAFETY: header, "Memory of the caller".
        let room = unsafe { Target::new(memory.cast::<u8>(), length) }?.extent();
        // SAFETY: header, "Memory of the caller".
        let work = unsafe { Target::new(work, work_length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let report = unsafe { Report::new(error) }?;
        let pipeline = report.on(mechanism.pipeline(bits, suite))?;
        let narrow = lane_bytes(pipeline.bits()) == 4;
        let new = InPlace { pipeline, rotation, room, residues, residues_length, work };
        let object = || {
            if narrow {
                // SAFETY: header, "Memory of the caller".
                unsafe { new.build(&report) }.map(ContributionObject::U32)
            } else {
                // SAFETY: header, "Memory of the caller".
                unsafe { new.build(&report) }.map(ContributionObject::U64)
            }
        };
        // SAFETY: header, "Memory of the caller".
        let made =
            unsafe { handle::initialise::<cloak_contribution>(memory, length, CLOAK_CONTRIBUTION_SIZE, object) }?;
        out.write(made.as_ptr());
        Ok(())
    })
}

/// Ends a contribution in memory of the caller and wipes that memory and its residues. NULL is fine.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_contribution_wipe(contribution: *mut cloak_contribution) -> cloak_status {
    // SAFETY: header, "Handles".
    boundary(|| unsafe { handle::end(contribution) })
}

/// Adds a part: clips it, rotates it, rounds it and adds its noise.
///
/// @param rng   source of randomness for rounding and noise; NULL for that of the operating system
/// @param part  as many values as the dimension, of type `CLOAK_F64` or `CLOAK_F32`; they are not changed
/// @return `CLOAK_ERR_INVALID_LENGTH` for another number of values; `CLOAK_ERR_INVALID_ARGUMENT` for another type; `CLOAK_ERR_NOT_FINITE` or, for a
///         magnitude of 2^400 or more, `CLOAK_ERR_OUT_OF_RANGE` for a value; `CLOAK_ERR_OUT_OF_ORDER` for more parts than the mechanism has;
///         `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_SAMPLER_FAILED`, after which the contribution can only be ended
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_contribution_add(
    contribution: *mut cloak_contribution,
    rng: *const cloak_rng,
    part: *const cloak_values,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let mut contribution = unsafe { handle::exclusive(contribution) }?;
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let part = unsafe { value(part) }?;
        // SAFETY: header, "Pointers".
        let part = unsafe { part.get() }?;
        Ok(match &mut *contribution {
            ContributionObject::U32(vector) => vector.add(&mut generator, &part),
            ContributionObject::U64(vector) => vector.add(&mut generator, &part),
        }?)
    })
}

/// The residues of a contribution, for test vectors and simulations: what `cloak_client_mask` puts under masks. They are noised, but only the sum of
/// enough of them is private.
///
/// @param out  where they go, each below 2^bits: as many as the padded length, `CLOAK_U32` for up to 32 bits and `CLOAK_U64` for more
/// @return `CLOAK_ERR_OUT_OF_ORDER` while parts are missing; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_INVALID_WIDTH` for the other lane type
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_contribution_residues(
    contribution: *const cloak_contribution,
    out: *const cloak_lanes,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Handles".
        let contribution = unsafe { handle::shared(contribution) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { value(out) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { out.get(&crate::values::extent(&contribution.values())) }?;
        match (contribution, out) {
            (ContributionObject::U32(vector), Lanes::U32(out)) => vector.copy(out),
            (ContributionObject::U64(vector), Lanes::U64(out)) => vector.copy(out),
            _ => Err(cloak_status::CLOAK_ERR_INVALID_WIDTH),
        }
    })
}

impl ContributionObject {
    /// The contribution as the values of a segment.
    pub(crate) const fn values(&self) -> Values<'_> {
        match self {
            Self::U32(vector) => Values::PrivateU32(&vector.contribution),
            Self::U64(vector) => Values::PrivateU64(&vector.contribution),
        }
    }
}

impl<L: Lane> Vector<L> {
    #[cfg(feature = "std")]
    fn on_heap(pipeline: Pipeline, rotation: &[u8; ROTATION_SEED_SIZE]) -> Checked<Self> {
        let (mut residues, mut work) =
            (zeros::<L>(pipeline.mechanism().padded())?, zeros::<i64>(pipeline.mechanism().block())?);
        // SAFETY: memory of the vector, which stays where it is, is reached by nobody else until the reference is gone, and is given back after that.
        let view = unsafe { core::slice::from_raw_parts_mut(residues.as_mut_ptr(), residues.len()) };
        let contribution = Contribution::new(pipeline, rotation, view)?;
        // SAFETY: as above.
        let view = unsafe { core::slice::from_raw_parts_mut(work.as_mut_ptr(), work.len()) };
        Ok(Self { contribution, work: view, _memory: Some((residues, work)) })
    }

    fn add(&mut self, generator: &mut Generator, part: &Values<'_>) -> Result<(), Error> {
        match part {
            Values::F64(values) => self.contribution.add_part(generator, values, self.work),
            Values::F32(values) => self.contribution.add_part(generator, values, self.work),
            _ => Err(ErrorKind::InvalidArgument.into()),
        }
    }

    fn copy(&self, out: &mut [L]) -> Checked<()> {
        let residues = self.contribution.residues()?;
        if out.len() != residues.len() {
            return Err(cloak_status::CLOAK_ERR_INVALID_LENGTH);
        }
        let bits = self.contribution.bits();
        out.iter_mut().zip(residues).for_each(|(out, residue)| *out = residue.reduce(bits));
        Ok(())
    }
}

/// What a contribution in memory of the caller is made of.
struct InPlace {
    pipeline: Pipeline,
    rotation: [u8; ROTATION_SEED_SIZE],
    /// The addresses of the memory for the contribution itself.
    room: Range<usize>,
    residues: *mut c_void,
    residues_length: usize,
    work: Target<i64>,
}

impl InPlace {
    /// # Safety
    /// Header, "Memory of the caller": residues and working memory are writable as long as the contribution lives, and nobody else uses them.
    unsafe fn build<L: Lane>(self, report: &Report) -> Checked<Vector<L>> {
        // SAFETY: the caller's obligation.
        let residues = unsafe { Target::new(self.residues.cast::<L>(), self.residues_length) }?;
        let residues = residues.apart_from(&self.room)?.apart_from(&self.work.extent())?;
        let work = self.work.apart_from(&self.room)?.borrow();
        if work.len() as u64 != self.pipeline.mechanism().block() {
            return report.on(Err(ErrorKind::InvalidLength.into()));
        }
        let contribution = report.on(Contribution::new(self.pipeline, &self.rotation, residues.borrow()))?;
        Ok(Vector {
            contribution,
            work,
            #[cfg(feature = "std")]
            _memory: None,
        })
    }
}

/// So many zeros on the heap.
#[cfg(feature = "std")]
pub(crate) fn zeros<T: Clone + Default>(count: u64) -> Checked<Vec<T>> {
    let count = usize::try_from(count).map_err(|_| cloak_status::CLOAK_ERR_OUT_OF_MEMORY)?;
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(count).map_err(|_| cloak_status::CLOAK_ERR_OUT_OF_MEMORY)?;
    zeros.resize(count, T::default());
    Ok(zeros)
}

#[cfg(all(test, feature = "std"))]
#[allow(
    clippy::unwrap_used,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "handles made and ended in one test"
)]
mod tests {
    use super::*;
    use cloak_status::{CLOAK_ERR_INVALID_WIDTH, CLOAK_OK};
    use core::ptr::null_mut;

    use crate::values::cloak_type;

    const MECHANISM: cloak_mechanism = cloak_mechanism {
        dimension: 3,
        clamp: f64::INFINITY,
        clip: 4.0,
        granularity: 1.0,
        noise: 1.0,
        norm_bound: 36,
        parts: 1,
        honest: 1,
        block_log2: 1,
        reserved: [0; 7],
    };

    /// Adds the only part and reads the residues, twice and as they are masked.
    fn use_it<L: Lane>(contribution: *mut cloak_contribution, lane: cloak_type) {
        let part = [1.0f32, 2.0, 3.0];
        let part =
            cloak_values { r#type: cloak_type::CLOAK_F32 as i32, data: part.as_ptr().cast(), length: part.len() };
        assert_eq!(unsafe { cloak_contribution_add(contribution, core::ptr::null(), &part) }, CLOAK_OK);
        let mut found = [[L::default(); 4]; 2];
        for found in &mut found {
            let out = cloak_lanes { r#type: lane as i32, data: found.as_mut_ptr().cast(), length: 4 };
            assert_eq!(unsafe { cloak_contribution_residues(contribution, &out) }, CLOAK_OK);
        }
        assert_eq!(found[0], found[1]);
        let other = if L::BYTES == 4 { cloak_type::CLOAK_U64 } else { cloak_type::CLOAK_U32 };
        let mut wide = [0u64; 4];
        let out = cloak_lanes { r#type: other as i32, data: wide.as_mut_ptr().cast(), length: 4 };
        assert_eq!(unsafe { cloak_contribution_residues(contribution, &out) }, CLOAK_ERR_INVALID_WIDTH);
        let as_values =
            cloak_values { r#type: cloak_type::CLOAK_CONTRIBUTION as i32, data: contribution.cast(), length: 4 };
        let values = unsafe { as_values.get() }.unwrap();
        assert_eq!(crate::values::extent(&values).len(), 4 * L::BYTES);
    }

    #[test]
    fn a_contribution_gives_its_memory_back() {
        for bits in [20, 40] {
            let mut contribution = null_mut();
            let status =
                unsafe { cloak_contribution_new(&MECHANISM, bits, 1, [7; 32].as_ptr(), &mut contribution, null_mut()) };
            assert_eq!(status, CLOAK_OK);
            if bits == 20 {
                use_it::<u32>(contribution, cloak_type::CLOAK_U32);
            } else {
                use_it::<u64>(contribution, cloak_type::CLOAK_U64);
            }
            unsafe { cloak_contribution_free(contribution) };
        }
    }

    #[test]
    fn memory_of_the_caller_may_be_uninitialised_and_is_wiped() {
        let mut room = alloc::boxed::Box::new_uninit_slice(CLOAK_CONTRIBUTION_SIZE >> 4);
        let mut residues = alloc::boxed::Box::new_uninit_slice(4);
        let mut work = alloc::boxed::Box::new_uninit_slice(2);
        let places: (*mut core::mem::MaybeUninit<u128>, *mut core::mem::MaybeUninit<u64>, *mut _) =
            (room.as_mut_ptr(), residues.as_mut_ptr(), work.as_mut_ptr());
        let mut contribution = null_mut();
        let status = unsafe {
            cloak_contribution_init(
                places.0.cast(),
                CLOAK_CONTRIBUTION_SIZE,
                &MECHANISM,
                40,
                1,
                [7; 32].as_ptr(),
                places.1.cast(),
                4,
                places.2.cast(),
                2,
                &mut contribution,
                null_mut(),
            )
        };
        assert_eq!(status, CLOAK_OK);
        use_it::<u64>(contribution, cloak_type::CLOAK_U64);
        assert_eq!(unsafe { cloak_contribution_wipe(contribution) }, CLOAK_OK);
        let work: &[core::mem::MaybeUninit<i64>] = &work;
        assert!(residues.iter().all(|word| unsafe { word.assume_init() } == 0));
        assert!(work.iter().all(|word| unsafe { word.assume_init() } == 0));
    }
}

//! The contribution of a client: masked whole, or piece by piece where the vector does not fit in memory.

use cloakwork_core::secagg::{MAX_SEGMENTS, Values};

use crate::boundary::boundary;
use crate::client::{cloak_client, with_client};
use crate::pointer::{Buffer, Out, extent, out_array, slice, value};
use crate::rng::{Generator, cloak_rng};
use crate::sizes::CLOAK_KEY_SIZE;
use crate::status::cloak_status;
use crate::values::{self, cloak_values};

/// Bytes of the masked message of the round that has begun.
///
/// @param size  bytes that `cloak_client_mask` writes
/// @return `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun; `CLOAK_ERR_TOO_LONG` when it does not fit the address space
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_masked_size(client: *const cloak_client, size: *mut usize) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let size = unsafe { Out::new(size) }?;
        with_client!(shared client, client => {
            size.write(client.client.masked_size()?);
            Ok(())
        })
    })
}

/// Bytes of the masked message before its payload.
///
/// @param size  bytes that `cloak_client_mask_begin` writes
/// @return `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_masked_head_size(client: *const cloak_client, size: *mut usize) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let size = unsafe { Out::new(size) }?;
        with_client!(shared client, client => {
            size.write(client.client.masked_head_size()?);
            Ok(())
        })
    })
}

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The rotation seed of the round that has begun, for the contribution to a run with a noise mechanism. It is public.
///
/// @param out  the seed, 32 bytes
/// @return `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_rotation_seed(client: *const cloak_client, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_KEY_SIZE>(out) }?;
        with_client!(shared client, client => {
            out.write(client.client.rotation_seed()?);
            Ok(())
        })
    })
}

/// Masks a whole contribution and writes the message for the server. All values are checked before anything is drawn or written.
///
/// Store the message before it leaves, and send the same bytes when it has to be sent again: a round is masked once.
///
/// @param rng            source of randomness; NULL for that of the operating system
/// @param segments       the values of each segment of the run, in order; they are not changed. In a run with a noise mechanism one contribution.
/// @param segment_count  number of segments
/// @param out            the message
/// @param capacity       bytes that fit in `out`
/// @param length         bytes of the message, those of `cloak_client_masked_size`
/// @return `CLOAK_ERR_INVALID_LENGTH` for another number of segments or values; `CLOAK_ERR_INVALID_ARGUMENT` for values of a type that the
///         segment does not take, or a contribution of another mechanism; `CLOAK_ERR_NOT_FINITE` or `CLOAK_ERR_OUT_OF_RANGE` for a value;
///         `CLOAK_ERR_WRONG_ROUND` for a contribution with another rotation seed; `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_OUT_OF_ORDER`, also for a
///         contribution that misses parts
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_mask(
    client: *mut cloak_client,
    rng: *const cloak_rng,
    segments: *const cloak_values,
    segment_count: usize,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let segments = unsafe { slice(segments, segment_count) }?;
        // SAFETY: header, "Pointers".
        let mut out = unsafe { Buffer::new(out, capacity, length) }?.apart_from(&extent(segments))?;
        let mut vectors = [Values::U32(&[]); MAX_SEGMENTS];
        let vectors = vectors.get_mut(..segments.len()).ok_or(cloak_status::CLOAK_ERR_INVALID_LENGTH)?;
        for (vector, segment) in vectors.iter_mut().zip(segments) {
            // SAFETY: header, "Pointers".
            *vector = unsafe { segment.get() }?;
            out = out.apart_from(&values::extent(vector))?;
        }
        with_client!(exclusive client, client => {
            out.fill(|out| client.call(|client| client.mask(&mut generator, vectors, out)))
        })
    })
}

/// Begins to mask piece by piece: writes the message up to its payload. From here on the round cannot be masked anew.
///
/// @param rng       source of randomness; NULL for that of the operating system
/// @param out       the beginning of the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes written, those of `cloak_client_masked_head_size`
/// @return `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_mask_begin(
    client: *mut cloak_client,
    rng: *const cloak_rng,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let mut generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?;
        with_client!(exclusive client, client => {
            out.fill(|out| client.call(|client| client.mask_begin(&mut generator, out)))
        })
    })
}

/// Masks the next values of the present segment and writes their part of the payload. The zero coordinates follow the last value of a
/// segment by themselves; after the last value of the last segment the message is complete.
///
/// @param piece     values: a multiple of 8, unless they end the segment; a contribution is one piece
/// @param out       the part of the message
/// @param capacity  bytes that fit in `out`
/// @param length    bytes written
/// @return `CLOAK_ERR_INVALID_LENGTH` for a piece that is empty, passes the end of the segment or is no multiple of 8; the errors of
///         `cloak_client_mask` for values; `CLOAK_ERR_OUT_OF_ORDER` unless masking has begun
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_mask_chunk(
    client: *mut cloak_client,
    piece: *const cloak_values,
    out: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let piece = unsafe { value(piece) }?;
        // SAFETY: header, "Pointers".
        let piece = unsafe { piece.get() }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Buffer::new(out, capacity, length) }?.apart_from(&values::extent(&piece))?;
        with_client!(exclusive client, client => out.fill(|out| client.call(|client| client.mask_chunk(&piece, out))))
    })
}

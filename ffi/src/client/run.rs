//! The run of a client, for programs that hold no `cloak_run`.

use crate::boundary::boundary;
use crate::client::{cloak_client, with_client};
use crate::description::{cloak_run_config, cloak_run_info};
use crate::pointer::{Out, out_array};
use crate::segment::{cloak_segment, from_core};
use crate::sizes::CLOAK_HASH_SIZE;
use crate::status::cloak_status;

/// cbindgen:ptrs-as-arrays=[[out; 32]]
/// The hash of the client's run. Compare it with that of the invitation before anything is sent.
///
/// @param out  the hash, 32 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_run_hash(client: *const cloak_client, out: *mut u8) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { out_array::<CLOAK_HASH_SIZE>(out) }?;
        with_client!(shared client, client => {
            out.write(*client.client.run().hash());
            Ok(())
        })
    })
}

/// The parameters of the client's run.
///
/// @param out  the parameters
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_run_config(
    client: *const cloak_client,
    out: *mut cloak_run_config,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        with_client!(shared client, client => {
            out.write(client.client.run().config().into());
            Ok(())
        })
    })
}

/// Numbers that follow from the client's run.
///
/// @param out  the numbers
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_run_info(client: *const cloak_client, out: *mut cloak_run_info) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        with_client!(shared client, client => {
            out.write(client.client.run().into());
            Ok(())
        })
    })
}

/// A segment of the client's run.
///
/// @param index  from 0
/// @param out    the segment
/// @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_client_segment(
    client: *const cloak_client,
    index: u32,
    out: *mut cloak_segment,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        with_client!(shared client, client => {
            let segments = &client.client.run().config().segments;
            out.write(from_core(segments.get(index as usize).ok_or(cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?));
            Ok(())
        })
    })
}

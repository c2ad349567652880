//! What the device is given once, before it is sent into the field: a page of flash of its own, written beside the program.
//!
//! The secret key stays in it: no function of this firmware sends it anywhere. All numbers are little-endian.

use core::ops::Deref;

/// Values are integers, scaled by two to this power.
pub(crate) const FRACTION: i8 = 20;

const MAGIC: u32 = 0x3157_5043;

/// The page, up to its values.
#[repr(C)]
pub(crate) struct Provision {
    magic: u32,
    count: u32,
    /// For boards without a random generator: the name of a file of the host with random bytes, ended by NUL.
    #[cfg_attr(board = "microbit", allow(dead_code, reason = "this board has a generator"))]
    pub(crate) entropy: [u8; 64],
    /// Above the counter of every request that this device has made.
    pub(crate) counter: u64,
    /// The secret key of the device's identity.
    pub(crate) secret: [u8; 32],
    /// From the invitation: the server's public key, the run's id and the run hash.
    pub(crate) server: [u8; 32],
    pub(crate) run: [u8; 16],
    pub(crate) run_hash: [u8; 32],
}

/// The page, where the linker script says that it is.
pub(crate) struct Page;

pub(crate) const PROVISION: Page = Page;

#[allow(unsafe_code, reason = "the linker script says where it is")]
unsafe extern "C" {
    static provision_page: Provision;
}

impl Deref for Page {
    type Target = Provision;

    #[allow(unsafe_code, reason = "the page is data that this program did not make")]
    fn deref(&self) -> &'static Provision {
        // SAFETY: flash that nobody writes while the program runs; every bit pattern is a page.
        unsafe { &provision_page }
    }
}

impl Page {
    /// Whether there is one.
    pub(crate) fn is_written(&self) -> bool {
        self.magic == MAGIC
    }

    /// What the device contributes to each round. A sensor would measure it.
    #[allow(unsafe_code, reason = "the values follow the page")]
    pub(crate) fn values(&self) -> &'static [i32] {
        let start = (&raw const provision_page).wrapping_add(1).cast();
        // SAFETY: whoever wrote the page wrote `count` values behind it; its size is a multiple of their alignment.
        unsafe { core::slice::from_raw_parts(start, self.count as usize) }
    }
}

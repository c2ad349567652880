//! What the device is given: the page of flash of `c/provision.h`, `struct noise_provision`.

use core::ops::Deref;

use cloakwork_core::privacy::mechanism::MechanismConfig;

const MAGIC: u32 = 0x314e_5743;

/// The page, up to its values.
#[repr(C)]
pub(crate) struct Provision {
    magic: u32,
    count: u32,
    /// The name of a file of the host with random bytes, ended by NUL.
    pub(crate) entropy: [u8; 64],
    dimension: u64,
    clamp: f64,
    clip: f64,
    granularity: f64,
    noise: f64,
    norm_bound: u64,
    parts: u32,
    honest: u32,
    block_log2: u8,
    reserved: [u8; 7],
    /// The rotation seed.
    pub(crate) rotation: [u8; 32],
    /// Width of a residue.
    pub(crate) bits: u8,
    /// Suite of the run.
    pub(crate) suite: u8,
    also_reserved: [u8; 6],
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
        self.magic == MAGIC && self.reserved == [0; 7] && self.also_reserved == [0; 6]
    }

    /// The parameters, unchecked.
    pub(crate) fn mechanism(&self) -> MechanismConfig {
        MechanismConfig {
            dimension: self.dimension,
            block_log2: self.block_log2,
            clamp: self.clamp,
            clip: self.clip,
            granularity: self.granularity,
            noise: self.noise,
            norm_bound: self.norm_bound,
            parts: self.parts,
            honest: self.honest,
        }
    }

    #[allow(unsafe_code, reason = "the values follow the page")]
    pub(crate) fn values(&self) -> &'static [f64] {
        let start = (&raw const provision_page).wrapping_add(1).cast();
        // SAFETY: whoever wrote the page wrote `count` values behind it; its size is a multiple of their alignment.
        unsafe { core::slice::from_raw_parts(start, self.count as usize) }
    }
}

//! The interrupts of the vector table: none is ever taken, since they are masked for good.

/// The first one, without which the start-up code would reserve room for all that a processor may have.
#[allow(unsafe_code, reason = "the start-up code looks for it in this section, under this name")]
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [u32; 1] = [0];

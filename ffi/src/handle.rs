//! Opaque handles: which Rust object a C pointer stands for, and whether it may be used now.
//!
//! Every handle starts with one word. It names the kind while the handle is at rest and something else while a call changes
//! it, after a panic, and after the end. So a pointer of another kind, a handle that was freed, a callback that calls back with
//! its own handle and a handle that a panic left half-changed are told apart and refused.
//!
//! That the memory of a freed handle still holds the wiped word is likely, not certain: the allocator may have given it away.
//! For objects in the caller's memory it is certain until the caller writes there.

use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use zeroize::Zeroize;

use crate::status::{Checked, cloak_status};

/// A C-visible opaque type: the object behind it and the word that marks it.
pub(crate) trait Opaque {
    /// Shared by threads that only read, moved between threads by the caller.
    type Object: Send + Sync;
    /// The word of a handle at rest, made by [`kind`] and unique.
    const KIND: u32;
}

/// Set in the word while a call has the object for itself.
const BUSY: u32 = 1;
/// Set in the word when a panic left the object half-changed.
const BROKEN: u32 = 2;
/// The word of a handle that ended; wiped memory has it, too.
const ENDED: u32 = 0;

/// Who gave the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The caller; the object ends without giving memory back.
    Caller,
    /// The library, from the heap.
    #[cfg(feature = "std")]
    Library,
}

/// What a handle points to.
#[repr(C)]
pub(crate) struct Cell<T> {
    state: AtomicU32,
    owner: Owner,
    object: T,
}

/// Builds a handle on the heap.
#[cfg(feature = "std")]
pub(crate) fn allocate<C: Opaque>(object: C::Object) -> Checked<NonNull<C>> {
    let layout = core::alloc::Layout::new::<Cell<C::Object>>();
    // SAFETY: a cell has a word at least, so the layout is not of size zero.
    let memory = unsafe { alloc::alloc::alloc(layout) };
    let memory = NonNull::new(memory).ok_or(cloak_status::CLOAK_ERR_OUT_OF_MEMORY)?;
    // SAFETY: fresh from the allocator with the layout of the cell.
    Ok(unsafe { place::<C>(memory, Owner::Library, object) })
}

/// Builds a handle in memory of the caller, of which `size` bytes are asked for: the size in the header, at least that of the cell.
///
/// # Safety
/// Header, "Memory of the caller": `memory` is writable for `length` bytes and belongs to the handle until the object is wiped.
pub(crate) unsafe fn initialise<C: Opaque>(
    memory: *mut core::ffi::c_void,
    length: usize,
    size: usize,
    object: impl FnOnce() -> Checked<C::Object>,
) -> Checked<NonNull<C>> {
    let memory = crate::pointer::memory(memory, length, size.max(size_of::<Cell<C::Object>>()))?;
    let object = object()?;
    // SAFETY: large enough and aligned (checked above); writable and ours by the caller's obligation.
    Ok(unsafe { place::<C>(memory, Owner::Caller, object) })
}

/// As [`initialise`] for an object that cannot fail to be made. Should it be copied on its way, the stack has it here and in nothing that follows.
///
/// # Safety
/// As for [`initialise`].
#[inline(never)]
pub(crate) unsafe fn make<C: Opaque>(
    memory: *mut core::ffi::c_void,
    length: usize,
    size: usize,
    object: impl FnOnce() -> C::Object,
) -> Checked<NonNull<C>> {
    let memory = crate::pointer::memory(memory, length, size.max(size_of::<Cell<C::Object>>()))?;
    // SAFETY: as in `initialise`.
    Ok(unsafe { place::<C>(memory, Owner::Caller, object()) })
}

/// Writes a cell.
///
/// # Safety
/// `memory` is writable, has the size and alignment of the cell, and belongs to the handle from now on.
unsafe fn place<C: Opaque>(memory: NonNull<u8>, owner: Owner, object: C::Object) -> NonNull<C> {
    let cell = memory.cast::<Cell<C::Object>>();
    // SAFETY: the caller's obligation.
    unsafe { cell.write(Cell { state: AtomicU32::new(C::KIND), owner, object }) };
    cell.cast()
}

/// The cell of a handle of this kind that is at rest, and its word.
///
/// # Safety
/// Header, "Handles": `handle` is NULL or came from a function of this library; where it is not live any more, its memory can
/// still be read.
unsafe fn find<'a, C: Opaque>(handle: *const C) -> Checked<(NonNull<Cell<C::Object>>, &'a AtomicU32)> {
    // The word is first in every kind of cell, so this reads a word even where the handle is of another kind.
    // SAFETY: the caller's obligation.
    let state = unsafe { word(handle) }?;
    let cell = NonNull::new(handle.cast::<Cell<C::Object>>().cast_mut()).ok_or(cloak_status::CLOAK_ERR_NULL_POINTER)?;
    match state.load(Ordering::Relaxed) {
        found if found == C::KIND => Ok((cell, state)),
        found if found == C::KIND | BUSY => Err(cloak_status::CLOAK_ERR_BUSY),
        found if found == C::KIND | BROKEN => Err(cloak_status::CLOAK_ERR_PANIC),
        _ => Err(cloak_status::CLOAK_ERR_WRONG_HANDLE),
    }
}

/// The kind of a handle of whatever kind and state.
///
/// # Safety
/// As for [`find`].
pub(crate) unsafe fn kind_of<T>(handle: *const T) -> Checked<u32> {
    // SAFETY: the caller's obligation.
    let state = unsafe { word(handle) }?;
    Ok(state.load(Ordering::Relaxed) & !(BUSY | BROKEN))
}

/// The first word of a handle.
///
/// # Safety
/// As for [`find`].
unsafe fn word<'a, T>(handle: *const T) -> Checked<&'a AtomicU32> {
    let word = NonNull::new(handle.cast::<AtomicU32>().cast_mut()).ok_or(cloak_status::CLOAK_ERR_NULL_POINTER)?;
    if !word.is_aligned() {
        return Err(cloak_status::CLOAK_ERR_MISALIGNED);
    }
    // SAFETY: not NULL and aligned (checked above); readable by the caller's obligation, and only ever written as an atomic.
    Ok(unsafe { word.as_ref() })
}

/// The object of a handle for a call that only reads it. Such calls may run at the same time.
///
/// # Safety
/// Header, "Handles": as for [`find`], and no call that changes the object runs at the same time.
pub(crate) unsafe fn shared<'a, C: Opaque>(handle: *const C) -> Checked<&'a C::Object> {
    // SAFETY: the caller's obligation.
    let (cell, _) = unsafe { find(handle) }?;
    // SAFETY: the word says that the cell is of this kind and at rest, so it holds an object that nobody changes.
    let cell = unsafe { cell.as_ref() };
    Ok(&cell.object)
}

/// The object of a handle for a call that changes it.
///
/// # Safety
/// Header, "Handles": as for [`find`], and no other call uses the handle at the same time.
pub(crate) unsafe fn exclusive<'a, C: Opaque>(handle: *mut C) -> Checked<Exclusive<'a, C>> {
    // SAFETY: the caller's obligation.
    let (cell, state) = unsafe { find(handle.cast_const()) }?;
    state.store(C::KIND | BUSY, Ordering::Relaxed);
    // SAFETY: the word says that the cell is of this kind and at rest; the projection stays inside it and does not touch the word.
    let object = unsafe { &raw mut (*cell.as_ptr()).object };
    // SAFETY: an initialised object; from here to the end of `Exclusive` the word refuses every other call.
    let object = unsafe { &mut *object };
    Ok(Exclusive { state, object })
}

/// An object that one call has for itself.
pub(crate) struct Exclusive<'a, C: Opaque> {
    state: &'a AtomicU32,
    object: &'a mut C::Object,
}

impl<C: Opaque> Deref for Exclusive<'_, C> {
    type Target = C::Object;

    fn deref(&self) -> &C::Object {
        self.object
    }
}

impl<C: Opaque> DerefMut for Exclusive<'_, C> {
    fn deref_mut(&mut self) -> &mut C::Object {
        self.object
    }
}

impl<C: Opaque> Drop for Exclusive<'_, C> {
    fn drop(&mut self) {
        let word = if unwinding() { C::KIND | BROKEN } else { C::KIND };
        self.state.store(word, Ordering::Relaxed);
    }
}

#[cfg(feature = "std")]
fn unwinding() -> bool {
    std::thread::panicking()
}

#[cfg(not(feature = "std"))]
const fn unwinding() -> bool {
    false
}

/// Ends a handle: drops its object, wipes its memory and, where the library gave it, returns it. NULL is fine.
///
/// A handle that a panic broke ends as well: what is half-changed is still a valid object, only a wrong one.
///
/// # Safety
/// Header, "Handles": as for [`exclusive`]; the handle is not used again.
pub(crate) unsafe fn end<C: Opaque>(handle: *mut C) -> Checked<()> {
    let Some(cell) = NonNull::new(handle.cast::<Cell<C::Object>>()) else { return Ok(()) };
    // SAFETY: the caller's obligation.
    match unsafe { find(handle.cast_const()) } {
        Ok(_) | Err(cloak_status::CLOAK_ERR_PANIC) => {}
        Err(status) => return Err(status),
    }
    // SAFETY: the word says that the cell is of this kind and no call uses it.
    let &Cell { ref state, owner, .. } = unsafe { cell.as_ref() };
    // From here on nobody finds the object, even if its destructor panics.
    state.store(ENDED, Ordering::Relaxed);
    // SAFETY: initialised and of this kind; the word has just been taken away, so it is dropped once.
    unsafe { cell.drop_in_place() };
    let mut bytes = NonNull::slice_from_raw_parts(cell.cast::<MaybeUninit<u8>>(), size_of::<Cell<C::Object>>());
    // SAFETY: the memory of the cell, whose content is dead from here on.
    unsafe { bytes.as_mut() }.zeroize();
    match owner {
        Owner::Caller => {}
        #[cfg(feature = "std")]
        Owner::Library => {
            // SAFETY: `allocate` took it from this allocator with this layout.
            unsafe { alloc::alloc::dealloc(cell.as_ptr().cast(), core::alloc::Layout::new::<Cell<C::Object>>()) };
        }
    }
    Ok(())
}

/// The word of a kind: three characters and a byte with room for [`BUSY`] and [`BROKEN`]. None is [`ENDED`].
pub(crate) const fn kind(name: &[u8; 3]) -> u32 {
    u32::from_be_bytes([name[0], name[1], name[2], 0x80])
}

/// Whether a word can stand for a kind: it leaves room for [`BUSY`] and [`BROKEN`] and is not [`ENDED`].
#[cfg(all(test, feature = "std"))]
pub(crate) const fn is_kind(word: u32) -> bool {
    word & (BUSY | BROKEN) == 0 && word != ENDED
}

#[cfg(all(test, feature = "std"))]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::undocumented_unsafe_blocks,
    reason = "handles made and ended in one test"
)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::sync::Arc;
    use cloak_status::{CLOAK_ERR_BUSY, CLOAK_ERR_PANIC, CLOAK_ERR_WRONG_HANDLE, CLOAK_OK};

    use crate::boundary::boundary;

    #[derive(Debug)]
    struct Counted;

    impl Opaque for Counted {
        type Object = Arc<u64>;
        const KIND: u32 = kind(b"TSa");
    }

    #[derive(Debug)]
    struct Other;

    impl Opaque for Other {
        type Object = u8;
        const KIND: u32 = kind(b"TSb");
    }

    #[test]
    fn an_object_ends_once() {
        let object = Arc::new(7);
        let handle = allocate::<Counted>(Arc::clone(&object)).unwrap().as_ptr();
        assert_eq!(**unsafe { shared(handle.cast_const()) }.unwrap(), 7);
        assert_eq!(Arc::strong_count(&object), 2);
        assert_eq!(unsafe { end(handle.cast::<Other>()) }, Err(CLOAK_ERR_WRONG_HANDLE));
        assert_eq!(Arc::strong_count(&object), 2);
        unsafe { end(handle) }.unwrap();
        assert_eq!(Arc::strong_count(&object), 1);
    }

    #[test]
    fn one_call_at_a_time_changes_an_object() {
        let handle = allocate::<Other>(1).unwrap().as_ptr();
        let mut first = unsafe { exclusive(handle) }.unwrap();
        assert!(matches!(unsafe { exclusive(handle) }, Err(CLOAK_ERR_BUSY)));
        assert!(matches!(unsafe { shared(handle.cast_const()) }, Err(CLOAK_ERR_BUSY)));
        assert_eq!(unsafe { end(handle) }, Err(CLOAK_ERR_BUSY));
        *first = 2;
        drop(first);
        assert_eq!(*unsafe { shared(handle.cast_const()) }.unwrap(), 2);
        unsafe { end(handle) }.unwrap();
    }

    #[test]
    fn what_a_panic_left_half_changed_can_only_be_ended() {
        let object = Arc::new(7);
        let handle = allocate::<Counted>(Arc::clone(&object)).unwrap().as_ptr();
        let status = boundary(|| {
            let mut object = unsafe { exclusive(handle) }?;
            *object = Arc::new(8);
            panic!("provoked by the test");
        });
        assert_eq!(status, CLOAK_ERR_PANIC);
        assert_eq!(Arc::strong_count(&object), 1);
        assert!(matches!(unsafe { shared(handle.cast_const()) }, Err(CLOAK_ERR_PANIC)));
        assert!(matches!(unsafe { exclusive(handle) }, Err(CLOAK_ERR_PANIC)));
        assert_eq!(unsafe { kind_of(handle.cast_const()) }, Ok(Counted::KIND));
        assert_eq!(boundary(|| unsafe { end(handle) }), CLOAK_OK);
    }

    #[test]
    fn memory_of_the_caller_is_wiped_and_given_back() {
        let mut memory = Box::new([MaybeUninit::new(0xffu8); 64]);
        let start = memory.as_mut_ptr();
        let offset = start.align_offset(16);
        let place: *mut core::ffi::c_void = start.wrapping_add(offset).cast();
        let object = Arc::new(7);
        let made = unsafe { initialise::<Counted>(place, 48, 16, || Ok(Arc::clone(&object))) };
        let handle = made.unwrap().as_ptr();
        assert_eq!(**unsafe { shared(handle.cast_const()) }.unwrap(), 7);
        unsafe { end(handle) }.unwrap();
        assert_eq!(Arc::strong_count(&object), 1);
        let size = size_of::<Cell<Arc<u64>>>();
        let bytes = memory.map(|byte| unsafe { byte.assume_init() });
        assert!(bytes[offset..offset + size].iter().all(|byte| *byte == 0));
        assert!(bytes[offset + size..].iter().all(|byte| *byte == 0xff));
        assert_eq!(unsafe { end(handle) }, Err(CLOAK_ERR_WRONG_HANDLE));
    }
}

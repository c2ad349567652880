//! Pointers of a C caller turned into Rust values, or refused.
//!
//! Each function here is `unsafe` for one reason, the first rule of the header ("Pointers"): a pointer that is not NULL points to
//! as many elements as its prototype or its length argument says, readable, and writable where it is not const. What can be
//! tested is tested: NULL, alignment, lengths that no object can have, and buffers that overlap.
//!
//! Output memory may be uninitialised. It is only ever written through the slices made here, never read.

use core::ffi::c_void;
use core::ops::Range;
use core::ptr::NonNull;

use cloakwork_core::{Error, ErrorKind};

use crate::sizes::CLOAK_ALIGN;
use crate::status::{Checked, cloak_status};

/// Refuses a pointer that cannot point to `length` elements of `T`.
fn check<T>(pointer: *const T, length: usize) -> Checked<()> {
    if pointer.is_null() {
        return Err(cloak_status::CLOAK_ERR_NULL_POINTER);
    }
    if !pointer.is_aligned() {
        return Err(cloak_status::CLOAK_ERR_MISALIGNED);
    }
    let bytes = length.checked_mul(size_of::<T>()).and_then(|bytes| isize::try_from(bytes).ok());
    match bytes.and_then(|bytes| pointer.addr().checked_add(bytes.unsigned_abs())) {
        Some(_) => Ok(()),
        None => Err(cloak_status::CLOAK_ERR_INVALID_LENGTH),
    }
}

/// An input of `length` elements; `(NULL, 0)` is the empty one.
///
/// # Safety
/// Header, "Pointers": `data` is readable for `length` elements while the call lasts, and nobody writes to them.
pub(crate) unsafe fn slice<'a, T>(data: *const T, length: usize) -> Checked<&'a [T]> {
    if length == 0 {
        return Ok(&[]);
    }
    check(data, length)?;
    // SAFETY: not NULL, aligned and of a possible size (checked above); readable by "Pointers".
    Ok(unsafe { core::slice::from_raw_parts(data, length) })
}

/// A copy of one input object, so that it may lie anywhere, even inside an output.
///
/// # Safety
/// Header, "Pointers": `data` points to a readable object. `T` has no invalid bit patterns.
pub(crate) unsafe fn value<T: Copy>(data: *const T) -> Checked<T> {
    check(data, 1)?;
    // SAFETY: not NULL and aligned (checked above); readable by "Pointers".
    Ok(unsafe { data.read() })
}

/// A copy of an input object that may be missing: NULL.
///
/// # Safety
/// As for [`value`] unless `data` is NULL.
#[cfg(feature = "std")]
pub(crate) unsafe fn optional<T: Copy>(data: *const T) -> Checked<Option<T>> {
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's obligation.
    unsafe { value(data) }.map(Some)
}

/// A copy of an input of fixed size, such as a key or a hash.
///
/// # Safety
/// Header, "Pointers": `data` is readable for `N` bytes.
pub(crate) unsafe fn array<const N: usize>(data: *const u8) -> Checked<[u8; N]> {
    // SAFETY: the caller's obligation; arrays of bytes have every bit pattern and the alignment of a byte.
    unsafe { value(data.cast()) }
}

/// Where one output object goes. It is written once, at the end, and not before everything else has succeeded.
#[derive(Debug)]
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Accepts a place for an output.
    ///
    /// # Safety
    /// Header, "Pointers": `place` is writable for one `T` until [`Out::write`] was called.
    pub(crate) unsafe fn new(place: *mut T) -> Checked<Self> {
        check(place, 1)?;
        Ok(Self(place))
    }

    /// Writes the output.
    pub(crate) fn write(self, value: T) {
        // SAFETY: not NULL and aligned (checked in `new`); writable by the obligation of `new`. What was there is plain
        // data or uninitialised, so nothing is dropped.
        unsafe { self.0.write(value) }
    }
}

/// An output of fixed size, such as a key or a hash.
///
/// # Safety
/// Header, "Pointers": `place` is writable for `N` bytes until it is written.
pub(crate) unsafe fn out_array<const N: usize>(place: *mut u8) -> Checked<Out<[u8; N]>> {
    // SAFETY: the caller's obligation.
    unsafe { Out::new(place.cast()) }
}

/// A vector that a call writes, accepted but not borrowed yet: inputs that are borrowed must be shown to lie elsewhere first.
#[derive(Debug)]
pub(crate) struct Target<T> {
    start: *mut T,
    length: usize,
}

impl<T> Target<T> {
    /// Accepts `length` elements; `(NULL, 0)` is the empty vector.
    ///
    /// # Safety
    /// Header, "Pointers": `start` is writable for `length` elements while the call lasts, and nobody else uses them.
    pub(crate) unsafe fn new(start: *mut T, length: usize) -> Checked<Self> {
        if length > 0 {
            check(start, length)?;
        }
        Ok(Self { start, length })
    }

    /// The addresses of the vector.
    pub(crate) fn extent(&self) -> Range<usize> {
        let start = self.start.addr();
        // `check` has made sure that the end does not wrap.
        start..start.wrapping_add(self.length.wrapping_mul(size_of::<T>()))
    }

    /// Refuses an input that shares a byte with the vector.
    pub(crate) fn apart_from(self, input: &Range<usize>) -> Checked<Self> {
        let own = self.extent();
        if own.start < input.end && input.start < own.end {
            return Err(cloak_status::CLOAK_ERR_OVERLAP);
        }
        Ok(self)
    }

    /// The elements, to be written. Every input that is borrowed at that time has passed [`Target::apart_from`].
    pub(crate) fn borrow<'a>(self) -> &'a mut [T] {
        if self.length == 0 {
            return &mut [];
        }
        // SAFETY: not NULL, aligned and of a possible size (checked in `new`); writable and used by nobody else by the obligation of
        // `new`; apart from what this call has borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.length) }
    }
}

/// An output of variable size: elements, how many fit, and where their number goes.
#[derive(Debug)]
pub(crate) struct Buffer<T = u8> {
    elements: Target<T>,
    length: Out<usize>,
}

impl<T> Buffer<T> {
    /// Accepts an output buffer; `(NULL, 0)` asks for the size that is needed.
    ///
    /// # Safety
    /// Header, "Pointers": `out` is writable for `capacity` elements and `length` for one, and nobody else uses them.
    pub(crate) unsafe fn new(out: *mut T, capacity: usize, length: *mut usize) -> Checked<Self> {
        // SAFETY: the caller's obligation for `length`.
        let length = unsafe { Out::new(length) }?;
        // SAFETY: the caller's obligation for `out`.
        let elements = unsafe { Target::new(out, capacity) }?;
        Ok(Self { elements, length })
    }

    /// Refuses an input that lies in the buffer.
    pub(crate) fn apart_from(self, input: &Range<usize>) -> Checked<Self> {
        Ok(Self { elements: self.elements.apart_from(input)?, length: self.length })
    }

    /// Lets `write` fill the buffer and tells the caller how much it wrote or how much room it needs.
    pub(crate) fn fill(self, write: impl FnOnce(&mut [T]) -> Result<usize, Error>) -> Checked<()> {
        match write(self.elements.borrow()) {
            Ok(written) => {
                self.length.write(written);
                Ok(())
            }
            Err(error) => {
                let needed = error.bound().and_then(|needed| usize::try_from(needed).ok());
                if let (ErrorKind::BufferTooSmall, Some(needed)) = (error.kind(), needed) {
                    self.length.write(needed);
                }
                Err(error.into())
            }
        }
    }

    /// Copies what `source` yields, each time it is asked the same, into the buffer, if all of it fits.
    pub(crate) fn copy_all<I: Iterator<Item = T>>(self, source: impl Fn() -> I) -> Checked<()> {
        let count = source().count();
        let fits = count <= self.elements.length;
        if fits {
            self.elements.borrow().iter_mut().zip(source()).for_each(|(element, value)| *element = value);
        }
        self.length.write(count);
        if fits { Ok(()) } else { Err(cloak_status::CLOAK_ERR_BUFFER_TOO_SMALL) }
    }

    /// Copies `source`, which belongs to the library, into the buffer, if it fits.
    #[cfg(feature = "std")]
    pub(crate) fn copy(self, source: &[T]) -> Checked<()>
    where
        T: Copy,
    {
        match self.elements.borrow().get_mut(..source.len()) {
            Some(target) => {
                target.copy_from_slice(source);
                self.length.write(source.len());
                Ok(())
            }
            None => {
                self.length.write(source.len());
                Err(cloak_status::CLOAK_ERR_BUFFER_TOO_SMALL)
            }
        }
    }
}

/// Memory of the caller for an object of `size` bytes.
pub(crate) fn memory(memory: *mut c_void, length: usize, size: usize) -> Checked<NonNull<u8>> {
    let memory = memory.cast::<u8>();
    check(memory, length)?;
    if memory.addr() & (CLOAK_ALIGN - 1) != 0 {
        return Err(cloak_status::CLOAK_ERR_MISALIGNED);
    }
    if length < size {
        return Err(cloak_status::CLOAK_ERR_BUFFER_TOO_SMALL);
    }
    NonNull::new(memory).ok_or(cloak_status::CLOAK_ERR_NULL_POINTER)
}

/// The addresses of no input at all.
#[cfg(feature = "std")]
pub(crate) const NO_INPUT: Range<usize> = 0..0;

/// The addresses of a slice.
pub(crate) fn extent<T>(slice: &[T]) -> Range<usize> {
    let Range { start, end } = slice.as_ptr_range();
    start.addr()..end.addr()
}

const _: () = assert!(align_of::<[u8; 32]>() == 1, "keys and hashes may lie anywhere");

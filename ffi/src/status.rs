//! The status that every fallible function returns: the core's error numbers and those of the ABI itself.

#[cfg(feature = "texts")]
use core::ffi::{CStr, c_char};

use cloakwork_core::{Error, ErrorKind};

/// The result inside an entry; `?` on a core error gives its number.
pub(crate) type Checked<T> = Result<T, cloak_status>;

/// What a call came to. Numbers never change and are not reused; new ones may be added.
///
/// `cloak_status_text` has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_status {
    /// Success.
    CLOAK_OK = 0,

    // 100: arguments.
    /// A pointer is NULL that must not be.
    CLOAK_ERR_NULL_POINTER = 101,
    /// A length does not fit the other arguments.
    CLOAK_ERR_INVALID_LENGTH = 102,
    /// An output buffer is too small; the bound is the size needed.
    CLOAK_ERR_BUFFER_TOO_SMALL = 103,
    /// An argument is outside its documented range.
    CLOAK_ERR_INVALID_ARGUMENT = 104,
    /// A pointer is not aligned for what it points to.
    CLOAK_ERR_MISALIGNED = 105,
    /// An output buffer overlaps an input.
    CLOAK_ERR_OVERLAP = 106,
    /// Not a live handle of this kind: another object, or one that was freed or wiped.
    CLOAK_ERR_WRONG_HANDLE = 107,
    /// The heap has no room for the object.
    CLOAK_ERR_OUT_OF_MEMORY = 108,
    /// The handle is in use by a call that has not returned, such as the one whose callback made this call.
    CLOAK_ERR_BUSY = 109,

    // 200: numbers.
    /// A value is NaN or infinite.
    CLOAK_ERR_NOT_FINITE = 201,
    /// A value is too large for the segment: the sum could wrap. The bound is the largest integer magnitude.
    CLOAK_ERR_OUT_OF_RANGE = 202,
    /// A bit width is not in 1 to 128, or is not the one that the lane type serves.
    CLOAK_ERR_INVALID_WIDTH = 203,
    /// A vector is longer than a mask stream may be.
    CLOAK_ERR_TOO_LONG = 204,

    // 300: encodings.
    /// The bytes are not a well-formed item of the expected shape.
    CLOAK_ERR_MALFORMED = 301,
    /// The bytes are well-formed but not the canonical encoding.
    CLOAK_ERR_NON_CANONICAL = 302,
    /// A version, suite or mechanism that this build does not know.
    CLOAK_ERR_UNSUPPORTED = 303,
    /// A message of another kind than the one expected.
    CLOAK_ERR_UNEXPECTED_KIND = 304,

    // 400: cryptography.
    /// The random generator failed; nothing was derived from it.
    CLOAK_ERR_RANDOMNESS = 401,
    /// A public key of low order.
    CLOAK_ERR_LOW_ORDER_KEY = 402,
    /// A key that was seen before: repeated, reflected or shared by two parties.
    CLOAK_ERR_REPEATED_KEY = 403,
    /// A tag or ciphertext does not verify.
    CLOAK_ERR_NOT_AUTHENTIC = 404,
    /// A key differs from the pinned one.
    CLOAK_ERR_NOT_PINNED = 405,
    /// A neighbour's key confirmation is missing or wrong: its keys may have been swapped.
    CLOAK_ERR_NOT_CONFIRMED = 406,
    /// The material recovered from shares or mask keys does not cancel the masks: the zero coordinates are not zero.
    CLOAK_ERR_MASKS_DID_NOT_CANCEL = 407,
    /// A list of encrypted items holds one twice.
    CLOAK_ERR_REPEATED_ELEMENT = 408,

    // 500: protocol.
    /// A message or call that the present step does not expect.
    CLOAK_ERR_OUT_OF_ORDER = 501,
    /// A message of another run.
    CLOAK_ERR_WRONG_RUN = 502,
    /// A message of another set-up epoch.
    CLOAK_ERR_WRONG_EPOCH = 503,
    /// A round number that is not above the last one, or is above the run's number of rounds.
    CLOAK_ERR_WRONG_ROUND = 504,
    /// Another model or other settings than the ones received.
    CLOAK_ERR_WRONG_CONTEXT = 505,
    /// A surviving set that is not a proper part of the last one.
    CLOAK_ERR_SET_NOT_NESTED = 506,
    /// The receiver is not in the set.
    CLOAK_ERR_NOT_IN_SET = 507,
    /// Fewer neighbours left than the threshold.
    CLOAK_ERR_TOO_FEW_NEIGHBOURS = 508,
    /// Fewer inputs than the run demands.
    CLOAK_ERR_TOO_FEW_INPUTS = 509,
    /// The surviving set changed more often than the run allows.
    CLOAK_ERR_TOO_MANY_PASSES = 510,
    /// Not the set that was acknowledged last.
    CLOAK_ERR_WRONG_SET = 511,
    /// Fewer valid acknowledgements of the set than the threshold.
    CLOAK_ERR_TOO_FEW_ACKNOWLEDGEMENTS = 512,
    /// A sender that is not in the roster, or not in this step.
    CLOAK_ERR_UNKNOWN_PARTY = 513,
    /// A second, different message for a step.
    CLOAK_ERR_DUPLICATE = 514,
    /// Too few shares came back to open the round.
    CLOAK_ERR_TOO_FEW_SHARES = 515,
    /// A party left and the run has no recovery.
    CLOAK_ERR_NO_RECOVERY = 516,
    /// The round was stopped by the controller.
    CLOAK_ERR_STOPPED = 517,
    /// Another computation than that of this party, or its calls in another order.
    CLOAK_ERR_WRONG_PROGRAM = 518,
    /// A list has another number of elements than was agreed on or sent; the bound is that number.
    CLOAK_ERR_COUNT_CHANGED = 519,

    // 600: parameters of a run.
    /// The roster is empty, unsorted, too large, or differs from its hash.
    CLOAK_ERR_INVALID_ROSTER = 601,
    /// The degree of the graph is odd, zero or not below the number of members.
    CLOAK_ERR_INVALID_DEGREE = 602,
    /// The threshold does not satisfy 1 <= t <= k and 2t > k + c.
    CLOAK_ERR_INVALID_THRESHOLD = 603,
    /// Another parameter of the run is outside its range.
    CLOAK_ERR_INVALID_RUN = 604,
    /// More neighbours than this client was built for.
    CLOAK_ERR_CAPACITY_EXCEEDED = 605,
    /// No degree and threshold meet the failure probabilities asked for.
    CLOAK_ERR_NO_PARAMETERS = 606,

    // 700: privacy.
    /// A sampler of noise used up its tries, which happens with a broken generator only.
    CLOAK_ERR_SAMPLER_FAILED = 701,
    /// A parameter of a noise mechanism is outside its range or does not fit the run.
    CLOAK_ERR_INVALID_MECHANISM = 702,
    /// The round would take the data set beyond its privacy budget. Functions of this library do not return it; the ledgers of hosts do.
    CLOAK_ERR_BUDGET_SPENT = 703,
    /// A rotation seed that the run used in an earlier round. Functions of this library do not return it; the ledgers of hosts do.
    CLOAK_ERR_ROTATION_SEED_REPEATED = 704,

    // 900: the library itself.
    /// A bug in the library. What the call was changing stays unusable and can only be freed.
    CLOAK_ERR_PANIC = 901,

    // 1000: links between parties. They are the ABI's own.
    /// No link to a party, or to the dealer, came about in time.
    CLOAK_ERR_NOT_CONNECTED = 1001,
    /// A party, or the dealer, means another session: other parties, another dealer, other settings or another name.
    CLOAK_ERR_OTHER_SESSION = 1002,
    /// Nothing came from a party, or from the dealer, for too long.
    CLOAK_ERR_SILENT = 1003,
    /// The connection to a party, or to the dealer, ended without a word.
    CLOAK_ERR_LOST = 1004,
    /// A party, or the dealer, ended the session and said why.
    CLOAK_ERR_LEFT = 1005,
    /// The operating system refused, such as an address that is in use.
    CLOAK_ERR_SYSTEM = 1006,
}

/// Ties each kind of core error to its status, at compile time, and takes the text from core.
macro_rules! statuses_of_core {
    ($($kind:ident => $status:ident,)*) => {
        impl From<ErrorKind> for cloak_status {
            fn from(kind: ErrorKind) -> Self {
                match kind {
                    $(ErrorKind::$kind => Self::$status,)*
                    // A kind that is missing above; a test reads core's list so that there is none.
                    _ => Self::CLOAK_ERR_PANIC,
                }
            }
        }

        /// The kind of error that a status stands for; none for success, and `INVALID_ARGUMENT` for what is not from core.
        #[cfg(feature = "std")]
        pub(crate) fn failure_of(status: i32) -> Checked<Option<ErrorKind>> {
            const OK: i32 = cloak_status::CLOAK_OK as i32;
            $(const $status: i32 = cloak_status::$status as i32;)*
            match status {
                OK => Ok(None),
                $($status => Ok(Some(ErrorKind::$kind)),)*
                _ => Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
            }
        }

        $(const _: () = assert!(
            cloak_status::$status as i32 == ErrorKind::$kind.code(),
            concat!("the number of ", stringify!($status), " differs from core's")
        );)*

        #[cfg(feature = "texts")]
        /// The sentence of core for a code of core.
        const fn text_of_core(code: i32) -> Option<&'static CStr> {
            $(
                if code == ErrorKind::$kind.code() {
                    const TEXT: &str = ErrorKind::$kind.message();
                    const TERMINATED: [u8; TEXT.len() + 1] = terminated(TEXT);
                    return match CStr::from_bytes_with_nul(&TERMINATED) {
                        Ok(text) => Some(text),
                        Err(_) => None,
                    };
                }
            )*
            None
        }
    };
}

statuses_of_core! {
    InvalidLength => CLOAK_ERR_INVALID_LENGTH,
    BufferTooSmall => CLOAK_ERR_BUFFER_TOO_SMALL,
    InvalidArgument => CLOAK_ERR_INVALID_ARGUMENT,
    NotFinite => CLOAK_ERR_NOT_FINITE,
    OutOfRange => CLOAK_ERR_OUT_OF_RANGE,
    InvalidWidth => CLOAK_ERR_INVALID_WIDTH,
    TooLong => CLOAK_ERR_TOO_LONG,
    Malformed => CLOAK_ERR_MALFORMED,
    NonCanonical => CLOAK_ERR_NON_CANONICAL,
    Unsupported => CLOAK_ERR_UNSUPPORTED,
    UnexpectedKind => CLOAK_ERR_UNEXPECTED_KIND,
    Randomness => CLOAK_ERR_RANDOMNESS,
    LowOrderKey => CLOAK_ERR_LOW_ORDER_KEY,
    RepeatedKey => CLOAK_ERR_REPEATED_KEY,
    NotAuthentic => CLOAK_ERR_NOT_AUTHENTIC,
    NotPinned => CLOAK_ERR_NOT_PINNED,
    NotConfirmed => CLOAK_ERR_NOT_CONFIRMED,
    MasksDidNotCancel => CLOAK_ERR_MASKS_DID_NOT_CANCEL,
    RepeatedElement => CLOAK_ERR_REPEATED_ELEMENT,
    OutOfOrder => CLOAK_ERR_OUT_OF_ORDER,
    WrongRun => CLOAK_ERR_WRONG_RUN,
    WrongEpoch => CLOAK_ERR_WRONG_EPOCH,
    WrongRound => CLOAK_ERR_WRONG_ROUND,
    WrongContext => CLOAK_ERR_WRONG_CONTEXT,
    SetNotNested => CLOAK_ERR_SET_NOT_NESTED,
    NotInSet => CLOAK_ERR_NOT_IN_SET,
    TooFewNeighbours => CLOAK_ERR_TOO_FEW_NEIGHBOURS,
    TooFewInputs => CLOAK_ERR_TOO_FEW_INPUTS,
    TooManyPasses => CLOAK_ERR_TOO_MANY_PASSES,
    WrongSet => CLOAK_ERR_WRONG_SET,
    TooFewAcknowledgements => CLOAK_ERR_TOO_FEW_ACKNOWLEDGEMENTS,
    UnknownParty => CLOAK_ERR_UNKNOWN_PARTY,
    Duplicate => CLOAK_ERR_DUPLICATE,
    TooFewShares => CLOAK_ERR_TOO_FEW_SHARES,
    NoRecovery => CLOAK_ERR_NO_RECOVERY,
    Stopped => CLOAK_ERR_STOPPED,
    WrongProgram => CLOAK_ERR_WRONG_PROGRAM,
    CountChanged => CLOAK_ERR_COUNT_CHANGED,
    InvalidRoster => CLOAK_ERR_INVALID_ROSTER,
    InvalidDegree => CLOAK_ERR_INVALID_DEGREE,
    InvalidThreshold => CLOAK_ERR_INVALID_THRESHOLD,
    InvalidRun => CLOAK_ERR_INVALID_RUN,
    CapacityExceeded => CLOAK_ERR_CAPACITY_EXCEEDED,
    NoParameters => CLOAK_ERR_NO_PARAMETERS,
    SamplerFailed => CLOAK_ERR_SAMPLER_FAILED,
    InvalidMechanism => CLOAK_ERR_INVALID_MECHANISM,
    BudgetSpent => CLOAK_ERR_BUDGET_SPENT,
    RotationSeedRepeated => CLOAK_ERR_ROTATION_SEED_REPEATED,
}

impl From<Error> for cloak_status {
    fn from(error: Error) -> Self {
        error.kind().into()
    }
}

/// A text with the NUL that C expects.
#[cfg(feature = "texts")]
pub(crate) const fn terminated<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut index = 0;
    while index < text.len() {
        bytes[index] = text.as_bytes()[index];
        index += 1;
    }
    bytes
}

/// One sentence for people about a status. A library for bare metal has them with the feature `texts`.
///
/// @param status  any number; unknown ones have a sentence of their own
/// @return a static string in ASCII, never NULL
#[cfg(feature = "texts")]
#[unsafe(no_mangle)]
pub extern "C" fn cloak_status_text(status: i32) -> *const c_char {
    text(status).as_ptr()
}

#[cfg(feature = "texts")]
const fn text(status: i32) -> &'static CStr {
    const OK: i32 = cloak_status::CLOAK_OK as i32;
    const NULL_POINTER: i32 = cloak_status::CLOAK_ERR_NULL_POINTER as i32;
    const MISALIGNED: i32 = cloak_status::CLOAK_ERR_MISALIGNED as i32;
    const OVERLAP: i32 = cloak_status::CLOAK_ERR_OVERLAP as i32;
    const WRONG_HANDLE: i32 = cloak_status::CLOAK_ERR_WRONG_HANDLE as i32;
    const OUT_OF_MEMORY: i32 = cloak_status::CLOAK_ERR_OUT_OF_MEMORY as i32;
    const BUSY: i32 = cloak_status::CLOAK_ERR_BUSY as i32;
    const NOT_CONNECTED: i32 = cloak_status::CLOAK_ERR_NOT_CONNECTED as i32;
    const OTHER_SESSION: i32 = cloak_status::CLOAK_ERR_OTHER_SESSION as i32;
    const SILENT: i32 = cloak_status::CLOAK_ERR_SILENT as i32;
    const LOST: i32 = cloak_status::CLOAK_ERR_LOST as i32;
    const LEFT: i32 = cloak_status::CLOAK_ERR_LEFT as i32;
    const SYSTEM: i32 = cloak_status::CLOAK_ERR_SYSTEM as i32;
    const PANIC: i32 = cloak_status::CLOAK_ERR_PANIC as i32;
    match status {
        OK => c"success",
        NULL_POINTER => c"a pointer is NULL that must not be",
        MISALIGNED => c"a pointer is not aligned for what it points to",
        OVERLAP => c"an output buffer overlaps an input",
        WRONG_HANDLE => c"the handle is of another kind, or was freed or wiped",
        OUT_OF_MEMORY => c"the heap has no room for the object",
        BUSY => c"the handle is in use by a call that has not returned",
        NOT_CONNECTED => c"no link came about in time; compare addresses, and whether all have begun",
        OTHER_SESSION => {
            c"the other side means another session: compare the parties, the dealer, the settings and the name"
        }
        SILENT => c"nothing came for too long",
        LOST => c"the connection ended without a word",
        LEFT => c"another party ended the session",
        SYSTEM => c"the operating system refused",
        PANIC => c"a bug in the library was stopped; free the object that the call was changing and report it",
        _ => match text_of_core(status) {
            Some(text) => text,
            None => c"a status that this version of the library does not know",
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests have std and stop at the first surprise")]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::string::String;
    use std::vec::Vec;

    /// The `Name = number` lines of an enum in a source text.
    fn numbers(source: &str, head: &str) -> BTreeMap<i32, String> {
        let (_, body) = source.split_once(head).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        body.lines()
            .filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "))
            .map(|(name, number)| (number.parse().unwrap(), name.into()))
            .collect()
    }

    fn of_core() -> BTreeMap<i32, String> {
        numbers(include_str!("../../core/src/error.rs"), "pub enum ErrorKind {")
    }

    fn of_abi() -> BTreeMap<i32, String> {
        numbers(include_str!("status.rs"), "pub enum cloak_status {")
    }

    #[test]
    fn every_error_of_core_is_here_under_its_number_and_name() {
        let abi = of_abi();
        assert!(of_core().len() > 40, "core's list was not read");
        for (number, name) in of_core() {
            let words: String =
                name.chars().flat_map(|c| [c.is_uppercase().then_some('_'), Some(c)]).flatten().collect();
            let name = std::format!("CLOAK_ERR{}", words.to_uppercase());
            assert_eq!(abi.get(&number), Some(&name), "number {number}");
        }
    }

    #[test]
    fn what_is_not_from_core_has_the_numbers_set_aside_for_the_abi() {
        let core = of_core();
        let own: Vec<i32> = of_abi().into_keys().filter(|number| !core.contains_key(number)).collect();
        assert_eq!(own, [0, 101, 105, 106, 107, 108, 109, 901, 1001, 1002, 1003, 1004, 1005, 1006]);
    }

    #[test]
    fn every_status_has_a_text_of_its_own() {
        let unknown = text(-1);
        let texts: BTreeMap<&CStr, i32> = of_abi().into_keys().map(|number| (text(number), number)).collect();
        assert_eq!(texts.len(), of_abi().len());
        assert!(!texts.contains_key(unknown));
        for text in texts.keys() {
            assert!(text.to_bytes().is_ascii());
        }
        assert_eq!(text(ErrorKind::Duplicate.code()).to_str().unwrap(), ErrorKind::Duplicate.message());
    }
}

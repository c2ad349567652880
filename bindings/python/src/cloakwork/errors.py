"""The exceptions of this package.

Every one is a `CloakworkError` with the stable number of the C ABI (`Status`), and, where there are any, the party and the bound it
concerns and the argument or tensor at fault. The classes follow the hundreds of the numbers: catch a class for a group, compare `code`
for one case. No exception carries a secret.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "CloakworkError",
    "CryptoError",
    "EncodingError",
    "InternalError",
    "NetworkError",
    "NumberError",
    "ParameterError",
    "PrivacyError",
    "ProtocolError",
    "Status",
]


class Status(IntEnum):
    """What went wrong, by the numbers of `cloak_status` in cloakwork.h; they never change."""

    # Arguments.
    NULL_POINTER = 101
    INVALID_LENGTH = 102
    BUFFER_TOO_SMALL = 103
    INVALID_ARGUMENT = 104
    MISALIGNED = 105
    OVERLAP = 106
    WRONG_HANDLE = 107
    OUT_OF_MEMORY = 108
    BUSY = 109
    # Numbers.
    NOT_FINITE = 201
    OUT_OF_RANGE = 202
    INVALID_WIDTH = 203
    TOO_LONG = 204
    # Encodings.
    MALFORMED = 301
    NON_CANONICAL = 302
    UNSUPPORTED = 303
    UNEXPECTED_KIND = 304
    # Cryptography.
    RANDOMNESS = 401
    LOW_ORDER_KEY = 402
    REPEATED_KEY = 403
    NOT_AUTHENTIC = 404
    NOT_PINNED = 405
    NOT_CONFIRMED = 406
    MASKS_DID_NOT_CANCEL = 407
    REPEATED_ELEMENT = 408
    # The protocol.
    OUT_OF_ORDER = 501
    WRONG_RUN = 502
    WRONG_EPOCH = 503
    WRONG_ROUND = 504
    WRONG_CONTEXT = 505
    SET_NOT_NESTED = 506
    NOT_IN_SET = 507
    TOO_FEW_NEIGHBOURS = 508
    TOO_FEW_INPUTS = 509
    TOO_MANY_PASSES = 510
    WRONG_SET = 511
    TOO_FEW_ACKNOWLEDGEMENTS = 512
    UNKNOWN_PARTY = 513
    DUPLICATE = 514
    TOO_FEW_SHARES = 515
    NO_RECOVERY = 516
    STOPPED = 517
    WRONG_PROGRAM = 518
    COUNT_CHANGED = 519
    # Parameters of a run.
    INVALID_ROSTER = 601
    INVALID_DEGREE = 602
    INVALID_THRESHOLD = 603
    INVALID_RUN = 604
    CAPACITY_EXCEEDED = 605
    NO_PARAMETERS = 606
    # Privacy.
    SAMPLER_FAILED = 701
    INVALID_MECHANISM = 702
    BUDGET_SPENT = 703
    ROTATION_SEED_REPEATED = 704
    # The library itself.
    PANIC = 901
    # Links between parties.
    NOT_CONNECTED = 1001
    OTHER_SESSION = 1002
    SILENT = 1003
    LOST = 1004
    LEFT = 1005
    SYSTEM = 1006


class CloakworkError(Exception):
    """Base of all exceptions of this package.

    Attributes:
        code: the number of the failure; a member of `Status` where this version knows it.
        name: its name, such as ``"OUT_OF_RANGE"``.
        party: the id of the party that caused it, or None.
        bound: the bound that was missed (a size, a count or a largest magnitude, as the message says), or None.
        argument: the argument, tensor or segment at fault, or None.
    """

    def __init__(
        self, code: int, message: str, *, party: int | None = None, bound: float | None = None, argument: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message
        self.party = party
        self.bound = bound
        self.argument = argument

    @property
    def name(self) -> str:
        """The name of the number, or ``"STATUS_<number>"`` for one that this version does not know."""
        try:
            return Status(self.code).name
        except ValueError:
            return f"STATUS_{int(self.code)}"

    def __str__(self) -> str:
        text = f"{self.argument}: {self.message}" if self.argument is not None else self.message
        about = [f"{word} {value}" for word, value in (("party", self.party), ("bound", self.bound)) if value is not None]
        return f"{text} ({', '.join([self.name, *about])})"

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), int(self.code), self.message, self.party, self.bound, self.argument)


class ArgumentError(CloakworkError, ValueError):
    """An argument has a wrong length or value (100 to 199)."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument has a wrong type, dtype or memory layout (104)."""


class NumberError(ArgumentError):
    """A value is not finite or does not fit its segment (200 to 299)."""


class EncodingError(CloakworkError, ValueError):
    """Bytes are not a well-formed, canonical message (300 to 399)."""


class CryptoError(CloakworkError):
    """A key, tag, ciphertext or mask is not what it has to be (400 to 499)."""


class ProtocolError(CloakworkError):
    """A message or call that the protocol refuses (500 to 599)."""


class ParameterError(ArgumentError):
    """The parameters of a run do not fit together (600 to 699)."""


class PrivacyError(CloakworkError):
    """Noise could not be made, or a mechanism or budget forbids what was asked for (700 to 799)."""


class NetworkError(CloakworkError):
    """A link to another party, or to the dealer, did not come about or broke (1000 to 1099).

    `party` is the place of the party, and for the dealer that behind the last one.
    """


class InternalError(CloakworkError, RuntimeError):
    """A defect of the library (900 to 999): please report it."""


_GROUPS: dict[int, type[CloakworkError]] = {
    1: ArgumentError,
    2: NumberError,
    3: EncodingError,
    4: CryptoError,
    5: ProtocolError,
    6: ParameterError,
    7: PrivacyError,
    9: InternalError,
    10: NetworkError,
}


def error_class(code: int) -> type[CloakworkError]:
    """The class of the exceptions with this number."""
    return _GROUPS.get(code // 100, CloakworkError)


def _restore(
    kind: type[CloakworkError], code: int, message: str, party: int | None, bound: float | None, argument: str | None
) -> CloakworkError:
    return kind(code, message, party=party, bound=bound, argument=argument)

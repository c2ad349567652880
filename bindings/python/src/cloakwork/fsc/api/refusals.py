"""What a client is refused, in the words of the original where it has them."""

from __future__ import annotations

from cloakwork.fsc.computation import Failure

__all__ = [
    "attribute_not_available",
    "attribute_not_public",
    "busy",
    "invalid_identifier",
    "invalid_parameter",
    "missing_parameter",
    "root_not_available",
    "too_large",
]

_LONGEST_QUOTE = 100


def _quoted(text: object) -> str:
    shown = str(text)
    return shown if len(shown) <= _LONGEST_QUOTE else shown[:_LONGEST_QUOTE] + "..."


def invalid_identifier(name: str, identifier: object) -> Failure:
    """A handle that is not there, or is somebody else's: the two look the same."""
    message = f"invalid identifier: {name} = {_quoted(identifier)}; it was released, not used for long, or never given to this caller"
    return Failure(404, "unknown-handle", message)


def root_not_available(requirements: object) -> Failure:
    """No root object has what was asked for."""
    message = f"root object not available: {_quoted(requirements)}; GET /representations lists what there is"
    return Failure(404, "unknown-root", message)


def attribute_not_available(name: str, there: list[str]) -> Failure:
    """The object has no such operation."""
    listed = f"it has {', '.join(there)}" if there else "it has none"
    return Failure(404, "unknown-attribute", f"attribute not available: {_quoted(name)}; {listed}")


def attribute_not_public(name: str) -> Failure:
    """A name that no operation has."""
    return Failure(403, "not-public", f"attribute not public: {_quoted(name)}; no name of an operation begins with '_'")


def missing_parameter(name: str) -> Failure:
    """An argument that is needed."""
    return Failure(400, "missing-parameter", f"missing parameter: {name}")


def invalid_parameter(name: str, message: str) -> Failure:
    """An argument that is not what it has to be. Its value is not repeated: it may be what the caller keeps secret."""
    return Failure(400, "invalid-parameter", f"invalid parameter: {name} {message}")


def too_large(name: str, bound: int) -> Failure:
    """More bytes than one caller may use."""
    message = f"{name} needs more than the {bound} bytes that a caller may use at a time; release what is no longer needed"
    return Failure(413, "too-large", message)


def busy(name: str, bound: int) -> Failure:
    """More of something than one caller may have."""
    return Failure(503, "busy", f"this caller has {bound} {name} already, which is the bound; end some, or try again later")

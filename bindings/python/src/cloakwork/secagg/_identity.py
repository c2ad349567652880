"""Identities: the static X25519 key pair of a party, and fingerprints of public keys (protocol.md section 2)."""

from __future__ import annotations

from cloakwork._boundary import KEY_SIZE, Handle, check, fixed, view
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentTypeError, Status


class Identity(Handle):
    """A party's static key pair. Its public key is pinned in the roster of each run.

    It never changes, so threads may share it. The key lives in memory of the library, is wiped when the identity ends, and is not
    in its `repr`; use it as a context manager, or call `close`, to end it at a known time.
    """

    FREE = "cloak_identity_free"

    def __init__(self, secret: bytes) -> None:
        """The identity with a secret key of 32 bytes that `export` gave; `generate` makes a new one.

        Raises:
            ArgumentError: `secret` has another length.
            EncodingError: `secret` is not what `export` gives.
        """
        data = view("secret", secret, KEY_SIZE)
        out = ffi.new("cloak_identity **")
        check(lib.cloak_identity_from_bytes(data, out), "secret")
        self._own(out[0])

    @classmethod
    def generate(cls) -> Identity:
        """A new identity from the random generator of the operating system.

        Raises:
            CryptoError: the generator failed (`RANDOMNESS`).
        """
        out = ffi.new("cloak_identity **")
        check(lib.cloak_identity_new(ffi.NULL, out))
        identity = cls.__new__(cls)
        identity._own(out[0])
        return identity

    @classmethod
    def from_bytes(cls, secret: bytes) -> Identity:
        """The identity with a secret key that `export` gave; see the constructor."""
        return cls(secret)

    def export(self) -> bytes:
        """The secret key, 32 bytes, for storage that only this party reads. Python cannot wipe the bytes object."""
        pointer = self._open()
        return fixed(KEY_SIZE, lambda out: lib.cloak_identity_export(pointer, out))

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes, which others pin."""
        pointer = self._open()
        return fixed(KEY_SIZE, lambda out: lib.cloak_identity_public_key(pointer, out))

    @property
    def fingerprint(self) -> str:
        """The public key as text with a checksum, to be compared over another way than the network."""
        return fingerprint(self.public_key)

    def __repr__(self) -> str:
        return "Identity(closed)" if self._pointer is None else f"Identity({self.fingerprint})"


def fingerprint(public_key: bytes) -> str:
    """The text that carries a public key of 32 bytes: ``cw1-`` and 14 groups of four characters.

    Raises:
        ArgumentError: another length.
    """
    data = view("public_key", public_key, KEY_SIZE)
    text = ffi.new("char[]", lib.CLOAK_FINGERPRINT_SIZE)
    check(lib.cloak_fingerprint_encode(data, text, lib.CLOAK_FINGERPRINT_SIZE), "public_key")
    return str(ffi.string(text).decode("ascii"))


def public_key(fingerprint: str) -> bytes:
    """The public key that a fingerprint carries. Letters after the prefix may be lower case, nothing else may differ.

    Raises:
        ArgumentTypeError: no text.
        EncodingError: any other text, or a wrong checksum.
    """
    if not isinstance(fingerprint, str):
        message = f"expected text, got {type(fingerprint).__name__}"
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, message, argument="fingerprint")
    # What is not ASCII, and a NUL, becomes a character that no fingerprint has.
    text = fingerprint.encode("ascii", "replace").replace(b"\0", b"?")
    return fixed(KEY_SIZE, lambda out: lib.cloak_fingerprint_decode(text, out), "fingerprint")

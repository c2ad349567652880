"""Mask streams (section 5)."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from generator.codec import expand, u8

CHACHA20, AES_128_CTR = 1, 2
KEY_LENGTH = {CHACHA20: 32, AES_128_CTR: 16}
BLOCK_LENGTH = {CHACHA20: 64, AES_128_CTR: 16}


def keystream(suite: int, key: bytes, offset: int, length: int) -> bytes:
    """Bytes `offset` ... `offset + length - 1` of the stream."""
    block, skip = divmod(offset, BLOCK_LENGTH[suite])
    if suite == CHACHA20:
        initial = block.to_bytes(4, "little") + bytes(12)
        encryptor = Cipher(algorithms.ChaCha20(key, initial), mode=None).encryptor()
    else:
        encryptor = Cipher(algorithms.AES(key), modes.CTR(block.to_bytes(16, "big"))).encryptor()
    return encryptor.update(bytes(skip + length))[skip:]


def lane_width(bits: int) -> int:
    return 4 if bits <= 32 else 8 if bits <= 64 else 16


def elements(suite: int, key: bytes, bits: int, first: int, count: int) -> list[int]:
    """Elements `first` ... `first + count - 1` of the mask."""
    width = lane_width(bits)
    stream = keystream(suite, key, width * first, width * count)
    return [int.from_bytes(stream[width * j : width * (j + 1)], "little") % (1 << bits) for j in range(count)]


def stream_key(seed: bytes, suite: int, index: int, label: str, bits: int, length: int) -> bytes:
    parts = (u8(suite), u8(index), label.encode("ascii"), u8(bits), length)
    return expand(seed, "stream", *parts, length=KEY_LENGTH[suite])

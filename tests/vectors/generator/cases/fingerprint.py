"""Fingerprints (section 2)."""

import base64
from typing import Any

from generator.agreement import fingerprint, fingerprint_key, public_key
from generator.codec import hash_of
from generator.draw import draw


def _without_checksum(public: bytes, checksum: bytes) -> str:
    text = base64.b32encode(public + checksum).decode("ascii")
    return "cw1-" + "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _invalid(text: str) -> list[tuple[str, str]]:
    """Texts and reasons, each one deviation from a valid fingerprint."""
    other = "B" if text[4] == "A" else "A"
    last = "B" if text[-1] == "A" else "A"
    public = fingerprint_key(text)
    checksum = hash_of("fingerprint", public)[:3]
    return [
        ("", "empty"),
        ("cw1-", "no groups"),
        (text[4:], "no prefix"),
        ("cw2-" + text[4:], "another version"),
        ("cw1" + text[4:], "prefix without its hyphen"),
        ("CW1-" + text[4:], "prefix in upper case"),
        (text[:4] + other + text[5:], "another first letter: the checksum differs"),
        (text[:-1] + last, "another last letter: the checksum differs"),
        (_without_checksum(public, bytes([checksum[0] ^ 1]) + checksum[1:]), "one bit of the checksum differs"),
        (text[:-1], "one letter short"),
        (text[:-5], "one group short"),
        (text + "A", "one letter long"),
        (text + "-AAAA", "one group long"),
        (text + "=", "padding"),
        (text + "-", "hyphen at the end"),
        (text + "\n", "line end"),
        (" " + text, "space in front"),
        (text.replace("-", ""), "no hyphens"),
        (text[:4] + text[4:].replace("-", ""), "groups not separated"),
        (text.replace("-", " "), "spaces for hyphens"),
        (text[:8] + text[9:13] + "-" + text[13:], "hyphen one group late"),
        (text[:8] + "--" + text[9:], "two hyphens"),
        (text[:4] + "0" + text[5:], "the digit 0 is not in the alphabet"),
        (text[:4] + "1" + text[5:], "the digit 1 is not in the alphabet"),
        (text[:4] + "8" + text[5:], "the digit 8 is not in the alphabet"),
        (text[:4] + "\u0131" + text[5:], "a letter outside ASCII"),
        (text[:4] + "\x00" + text[5:], "a zero byte"),
    ]


def build() -> dict[str, Any]:
    keys = [public_key(draw(f"fingerprint {number}", 32)) for number in range(3)]
    keys += [bytes(range(1, 33)), (2**255 - 21).to_bytes(32, "little")]
    text = fingerprint(keys[0])
    mixed = "cw1-" + "".join(c.lower() if i % 2 else c for i, c in enumerate(text[4:]))
    return {
        "about": "canonical: whether the encoder writes this text.",
        "valid": [
            *({"key": key.hex(), "fingerprint": fingerprint(key), "canonical": True} for key in keys),
            {"key": keys[0].hex(), "fingerprint": "cw1-" + text[4:].lower(), "canonical": False},
            {"key": keys[0].hex(), "fingerprint": mixed, "canonical": False},
        ],
        "invalid": [{"text": bad, "reason": reason, "error": 301} for bad, reason in _invalid(text)],
    }

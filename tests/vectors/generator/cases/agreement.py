"""Pair keys and everything derived from them (section 4)."""

from typing import Any

from generator.agreement import (
    KeyPair,
    Peer,
    acknowledgement,
    confirmation_tag,
    pair_input,
    pair_key,
    round_mask_key,
    seal,
    share_key,
    x25519,
)
from generator.cases.shamir import tape
from generator.codec import extract, hash_of, split
from generator.draw import draw
from generator.field import coefficients_from, share_of
from generator.prg import AES_128_CTR, CHACHA20, stream_key

LOW_ORDER = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
"""The u-coordinates, in their canonical encoding, of the points of the curve and its twist whose order divides 8."""
FIELD_PRIME = 2**255 - 19


def _party(name: str, number: int, position: int) -> tuple[Peer, KeyPair, KeyPair]:
    static, fresh = (KeyPair.of(draw(f"agreement {name} {kind} {number}", 32)) for kind in ("static", "fresh"))
    return Peer(number, position, static.public, fresh.public), static, fresh


def _party_json(party: Peer, static: KeyPair, fresh: KeyPair) -> dict[str, Any]:
    return {
        "id": str(party.id),
        "position": party.position,
        "static_secret": static.secret.hex(),
        "static_public": party.static.hex(),
        "fresh_secret": fresh.secret.hex(),
        "fresh_public": party.fresh.hex(),
    }


def _pair(name: str, low: tuple[int, int], high: tuple[int, int], epoch: int, round_number: int) -> dict[str, Any]:
    a, b = _party(name, *low), _party(name, *high)
    run_hash, h, salt = (draw(f"agreement {name} {part}", 32) for part in ("run", "h", "salt"))
    salt = salt[:16]
    set_hash = hash_of("set", run_hash, b"\x07")
    ikm = pair_input(*a, b[0])
    assert ikm == pair_input(*b, a[0])
    k = pair_key(run_hash, *a, b[0])
    s = round_mask_key(k, round_number, h)

    def direction(sender: Peer, receiver: Peer) -> dict[str, Any]:
        share = share_of(coefficients_from(tape(f"agreement {name} {sender.id}", 3)), receiver.position + 1)
        key = share_key(k, sender.id, receiver.id, receiver.position + 1, round_number, h, salt)
        return {
            "from": str(sender.id),
            "to": str(receiver.id),
            "confirmation_tag": confirmation_tag(k, sender.id, receiver.id, epoch).hex(),
            "index": receiver.position + 1,
            "share_key": key.hex(),
            "share": share.hex(),
            "sealed": seal(key, share).hex(),
            "acknowledgement": acknowledgement(k, sender.id, receiver.id, round_number, h, set_hash).hex(),
        }

    return {
        "run_hash": run_hash.hex(),
        "epoch": epoch,
        "round": round_number,
        "h": h.hex(),
        "salt": salt.hex(),
        "set_hash": set_hash.hex(),
        "a": _party_json(*a),
        "b": _party_json(*b),
        "x25519": [output.hex() for output in split(ikm, 32)],
        "prk": extract(run_hash, ikm).hex(),
        "pair_key": k.hex(),
        "round_mask_key": s.hex(),
        "stream_keys": [
            {
                "suite": suite,
                "index": 1,
                "label": "values",
                "bits": 20,
                "length": "1000",
                "key": stream_key(s, suite, 1, "values", 20, 1000).hex(),
            }
            for suite in (CHACHA20, AES_128_CTR)
        ],
        "directions": [direction(a[0], b[0]), direction(b[0], a[0])],
    }


def _low_order() -> list[str]:
    for text in LOW_ORDER:
        try:
            x25519(draw("agreement low order", 32), bytes.fromhex(text))
        except ValueError:
            continue
        raise AssertionError(text)
    return list(LOW_ORDER)


def _not_canonical() -> list[str]:
    """Second encodings of points: 2^255 - 19 or more, or with the top bit set, which X25519 alone would ignore."""
    own = int.from_bytes(KeyPair.of(draw("agreement not canonical", 32)).public, "little")
    values = [FIELD_PRIME, FIELD_PRIME + 1, FIELD_PRIME + 9, 2**255 - 1, 2**255, 2**255 + 9, own + 2**255, 2**256 - 1]
    return [value.to_bytes(32, "little").hex() for value in values]


def build() -> dict[str, Any]:
    return {
        "about": "a is at the lower position. x25519: static-static, fresh a-static b, static a-fresh b, fresh-fresh.",
        "pairs": [
            _pair("plain", (1, 0), (2, 1), 1, 1),
            _pair("far", (0, 0), (2**64 - 1, 2**20 - 1), 2**32 - 1, 2**32 - 1),
            _pair("middle", (2**32, 3), (2**32 + 1, 17), 3, 40),
        ],
        "low_order": {"error": 402, "keys": _low_order()},
        "not_canonical": {"error": 301, "keys": _not_canonical()},
    }

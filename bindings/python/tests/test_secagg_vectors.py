"""The vectors of single operations that reach the surface of the library."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest

from cloakwork.errors import CloakworkError, NumberError, ParameterError
from cloakwork.secagg import Channel, Config, Identity, Run, Segment, Server, decode, fingerprint, public_key, sha256
from secagg_rounds import ring
from secagg_vectors import config, load, members, numbers, residues


def refusal(call: Any) -> int:
    """The number of the exception that a call raises."""
    with pytest.raises(CloakworkError) as failure:
        call()
    return failure.value.code


def test_hashes() -> None:
    """`Hash(label, parts)` of docs/protocol.md, section 1, is SHA-256 of parts with their lengths."""
    for entry in load("hash.json")["hash"]:
        parts = [b"cloakwork/1 " + entry["label"].encode("ascii"), *map(bytes.fromhex, entry["parts"])]
        assert sha256(b"".join(len(part).to_bytes(4, "little") + part for part in parts)).hex() == entry["hash"]


def test_fingerprints() -> None:
    vectors = load("fingerprint.json")
    for entry in vectors["valid"]:
        assert public_key(entry["fingerprint"]).hex() == entry["key"]
        assert (fingerprint(bytes.fromhex(entry["key"])) == entry["fingerprint"]) == entry["canonical"]
    for entry in vectors["invalid"]:
        assert refusal(lambda text=entry["text"]: public_key(text)) == entry["error"], entry["reason"]


def test_channels() -> None:
    vectors = load("channel.json")
    identities = {side: Identity(bytes.fromhex(vectors[f"{side}_secret"])) for side in ("client", "server")}
    for side, identity in identities.items():
        assert identity.public_key.hex() == vectors[f"{side}_public"]
    channels = (
        Channel(identities["client"], "client", identities["server"].public_key),
        Channel(identities["server"], "server", identities["client"].public_key),
    )
    for entry in vectors["macs"]:
        body_hash = sha256(bytes.fromhex(entry["body"]))
        assert body_hash.hex() == entry["body_sha256"]
        text = {name: entry[name].encode("ascii") for name in ("path", "query")}
        run, counter = bytes.fromhex(entry["run"]), int(entry["counter"])
        request = (entry["direction"], entry["method"], text["path"], text["query"], body_hash, run, counter)
        for channel in channels:
            mac = channel.mac(*request)
            assert mac.hex() == entry["mac"]
            assert channel.verify(mac, *request)
            for place in range(len(mac)):
                assert not channel.verify(mac[:place] + bytes([mac[place] ^ 1]) + mac[place + 1 :], *request)


def test_keys_that_are_refused() -> None:
    vectors = load("agreement.json")
    identity = Identity.generate()
    for group in ("low_order", "not_canonical"):
        for key in vectors[group]["keys"]:
            assert refusal(lambda key=key: Channel(identity, "client", bytes.fromhex(key))) == vectors[group]["error"], key


def test_descriptions() -> None:
    vectors = load("run.json")
    read = 0
    for entry in vectors["valid"]:
        if entry["roster"] is None:
            continue
        run = Run.decode(bytes.fromhex(entry["description"]), bytes.fromhex(entry["roster"]))
        assert run.config == config(entry["parameters"]), entry["name"]
        assert run.hash.hex() == entry["run_hash"]
        assert run.description.hex() == entry["description"]
        assert run.roster.hex() == entry["roster"]
        read += 1
    assert read > 10
    roster = bytes.fromhex(vectors["valid"][0]["roster"])
    for entry in vectors["invalid"]:
        assert refusal(lambda entry=entry: Run.decode(bytes.fromhex(entry["description"]), roster)) == entry["error"], entry["name"]


def test_rosters_that_are_refused() -> None:
    """In a description that holds their hash; what is wrong with a key is said by whoever uses it: the server uses all."""
    vectors = load("run.json")["rosters"]
    valid = vectors["valid"]
    description = Run.new(Config(segments=(Segment("x", 32, 1),)), members(bytes.fromhex(valid["roster"]))).description.hex()
    assert valid["roster_hash"] in description
    for entry in vectors["invalid"]:
        assert entry["count"] == valid["count"]
        altered = bytes.fromhex(description.replace(valid["roster_hash"], entry["roster_hash"]))
        roster = bytes.fromhex(entry["roster"])
        assert refusal(lambda altered=altered, roster=roster: Server(Run.decode(altered, roster))) == entry["error"], entry["name"]


# A roster of 2^20 keys takes too long to make.
GRAPHS = [entry for entry in load("graph.json")["neighbours"] if entry["n"] <= 1000]


@pytest.mark.parametrize("entry", GRAPHS, ids=lambda entry: f"{entry['n']}-{entry['degree']}")
def test_neighbours(entry: dict[str, Any]) -> None:
    count, beacon = entry["n"], bytes.fromhex(entry["beacon"])
    # Ids are positions. A hash below 2^248 is a public key of which nobody knows the secret.
    keys = {member: sha256(b"%d" % member)[:31] + b"\0" for member in range(count)}
    parameters = Config(segments=(Segment("x", 40, 1),), degree=entry["degree"], recovery=False, colluders=0)
    run = Run.new(parameters, keys, beacon)
    assert run.degree == (entry["degree"] or count - 1)
    for position, neighbours in zip(entry["positions"], entry["neighbours"], strict=True):
        assert run.neighbours(position) == sorted(neighbours)


FIXED = load("fixed.json")


@pytest.mark.parametrize("entry", FIXED["encoding"] + FIXED["integers"], ids=lambda e: f"{e['bits']}-{e['fraction']}-{e['parties']}")
def test_fixed_point(entry: dict[str, Any]) -> None:
    """What a contribution becomes: the sum of it and of zeros, and the refusal of each value beyond the bound."""
    floats = "floats" in entry
    cases = entry["floats"] if floats else entry["integers"]
    limit = int(entry["bound"])
    assert Segment("x", entry["bits"], 1, "fixed", entry["fraction"]).limit(entry["parties"]) == limit

    def read(case: dict[str, Any]) -> float | int:
        return float(np.array(int(case["ieee754"], 16), dtype=np.uint64).view(np.float64)) if floats else int(case["value"])

    good = [case for case in cases if "error" not in case]
    dtype = np.float64 if floats else np.int64
    segment = Segment("x", entry["bits"], len(good), "fixed", entry["fraction"])
    network, first, second = ring((segment,), entry["parties"])
    values = np.array([read(case) for case in good], dtype=dtype)
    for case in cases:
        if "error" not in case:
            continue
        bad = np.zeros(len(good), dtype=dtype)
        bad[-1] = read(case)
        with pytest.raises(NumberError) as failure:
            network.clients[first].mask({"x": bad})
        assert (failure.value.code, failure.value.argument) == (case["error"], "x"), case["value"]
        assert f"at index {len(good) - 1}" in str(failure.value)
        if case["error"] == 202:
            assert failure.value.bound == pytest.approx(limit / 2.0 ** entry["fraction"], rel=1e-15)
    network.mask({first: {"x": values}, second: {"x": np.zeros(len(good))}})
    assert numbers(segment, network.sums()["x"]) == [int(case["residue"]) for case in good]


@pytest.mark.parametrize("entry", FIXED["decoding"], ids=lambda e: f"{e['bits']}-{e['fraction']}")
def test_decoding(entry: dict[str, Any]) -> None:
    segment = Segment("x", entry["bits"], len(entry["sums"]), "fixed", entry["fraction"])
    keys = {member: Identity.generate().public_key for member in (1, 2)}
    run = Run.new(Config(segments=(segment,), recovery=False, colluders=0), keys)
    found = decode(run, "x", residues(segment, [case["residue"] for case in entry["sums"]]), np.float64)
    expected = np.array([int(case["ieee754"], 16) for case in entry["sums"]], dtype=np.uint64).view(np.float64)
    # 2^127 mod 2^128 is its own negative; the library takes the negative one, and no sum within the bounds is either.
    ambiguous = [entry["bits"] == 128 and int(case["residue"]) == 2**127 for case in entry["sums"]]
    expected[ambiguous] *= -1
    assert found.tobytes() == expected.tobytes()


def test_runs_whose_bound_is_zero() -> None:
    for parties, entries in groupby(FIXED["no_bound"], key=lambda entry: entry["parties"]):
        keys = {member: Identity.generate().public_key for member in range(parties)}
        for entry in entries:
            with pytest.raises(ParameterError, match="^segment 'x'"):
                Run.new(Config(segments=(Segment("x", entry["bits"], 1),), recovery=False, colluders=0), keys)

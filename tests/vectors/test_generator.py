"""The generator against published known answers and against itself, and the committed files against the generator."""

import hashlib
import hmac
import json
import operator
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import cbor2
import generate
import pytest
from generator import agreement, codec, field, graph, prg, ring
from generator.draw import draw
from generator.validity import fault

HERE = Path(__file__).parent
LARGEST_FILE = 200_000


def load(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="ascii"))


def test_committed_files_are_what_the_generator_writes() -> None:
    assert generate.differing() == []


@pytest.mark.parametrize("name", sorted(generate.FILES))
def test_files_stay_readable(name: str) -> None:
    assert len((HERE / name).read_bytes()) < LARGEST_FILE


class TestStandards:
    """Known answers that were not made here."""

    def test_hkdf_rfc5869(self) -> None:
        outputs = [case["output"] for case in load("hash.json")["hkdf_rfc5869"]]
        assert outputs == [
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ]

    def test_chacha20_rfc8439(self) -> None:
        """Appendix A.1, test vectors 1 and 2: zero key and nonce, block counters 0 and 1."""
        stream = prg.keystream(prg.CHACHA20, bytes(32), 0, 128).hex()
        assert stream[:128] == (
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
        )
        assert stream[128:] == (
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
        )

    def test_aes_128_zero_key(self) -> None:
        """AES-128 of the blocks 0 and 1 under the zero key, as in test case 1 of the GCM specification."""
        stream = prg.keystream(prg.AES_128_CTR, bytes(16), 0, 32).hex()
        assert stream == "66e94bd4ef8a2c3b884cfa59ca342b2e58e2fccefa7e3061367f1d57a4e7455a"

    def test_x25519_rfc7748(self) -> None:
        """Section 5.2: the iterated test, after one and after 1,000 rounds."""
        scalar = point = bytes([9]) + bytes(31)
        outputs = []
        for _ in range(1000):
            scalar, point = agreement.x25519(scalar, point), scalar
            outputs.append(scalar.hex())
        assert outputs[0] == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
        assert outputs[-1] == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"

    def test_shamir_over_the_mersenne_prime(self) -> None:
        """Values computed by another implementation."""
        coefficients = [1234567890123456789, 987654321987654321, 1111111111111111111]
        assert [field.evaluate(coefficients, x) for x in range(1, 6)] == [
            1027490314008528270,
            736791950902128022,
            362472800804256045,
            2210375872928606290,
            1668815148847790855,
        ]


class TestPrimitives:
    def test_labels_carry_the_prefix(self) -> None:
        assert codec.labelled("run", ()) == (15).to_bytes(4, "little") + b"cloakwork/1 run"

    @pytest.mark.parametrize("threshold", [1, 2, 3, 4])
    def test_any_t_shares_give_the_seed_and_fewer_do_not(self, threshold: int) -> None:
        coefficients = [[int.from_bytes(draw(f"t{t} {e}", 7), "little") for e in range(4)] for t in range(threshold)]
        shares = {index: field.share_of(coefficients, index) for index in range(1, 7)}
        for chosen in combinations(shares, threshold):
            assert field.reconstruct({index: shares[index] for index in chosen}) == field.seed_of(coefficients)
        for chosen in combinations(shares, threshold - 1):
            assert field.reconstruct({index: shares[index] for index in chosen}) != field.seed_of(coefficients)

    @pytest.mark.parametrize("bits", range(1, 129))
    def test_packing_round_trips(self, bits: int) -> None:
        values = [int.from_bytes(draw(f"{bits} {j}", 16), "little") % (1 << bits) for j in range(13)]
        packed = ring.pack(bits, values)
        assert len(packed) == ring.packed_length(bits, 13)
        assert ring.unpack(bits, packed, 13) == values

    @pytest.mark.parametrize("suite", [prg.CHACHA20, prg.AES_128_CTR])
    def test_a_stream_is_seekable(self, suite: int) -> None:
        key = draw("seek", prg.KEY_LENGTH[suite])
        whole = prg.keystream(suite, key, 0, 400)
        for offset in range(200):
            assert prg.keystream(suite, key, offset, 200) == whole[offset : offset + 200]

    @pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8, 31, 256, 257, 300])
    def test_the_relabelling_is_a_permutation_with_its_inverse(self, n: int) -> None:
        beacon = draw("beacon", 32)
        images = [graph.permute(x, n, beacon) for x in range(n)]
        assert sorted(images) == list(range(n))
        assert [graph.inverse(y, n, beacon) for y in images] == list(range(n))

    @pytest.mark.parametrize(("n", "degree"), [(5, 0), (3, 2), (7, 4), (8, 4), (9, 8), (50, 12)])
    def test_neighbourhoods_are_symmetric_and_regular(self, n: int, degree: int) -> None:
        sets = [graph.neighbours(x, n, degree, draw("beacon", 32)) for x in range(n)]
        for x, own in enumerate(sets):
            assert len(set(own)) == (degree or n - 1)
            assert own == sorted(own)
            assert x not in own
            assert all(x in sets[y] for y in own)

    def test_fingerprints_decode_and_deviations_do_not(self) -> None:
        vectors = load("fingerprint.json")
        for case in vectors["valid"]:
            assert agreement.fingerprint_key(case["fingerprint"]).hex() == case["key"]
        for case in vectors["invalid"]:
            with pytest.raises(ValueError, match="not a fingerprint"):
                agreement.fingerprint_key(case["text"])

    def test_fixed_point_ties_go_to_even(self) -> None:
        rounded = [ring.center(ring.encode_fixed(x, 16, 0, 2), 16) for x in (0.5, 1.5, 2.5, -0.5, -1.5, -2.5)]
        assert rounded == [0, 2, 2, 0, -2, -2]

    @pytest.mark.parametrize("bits", [2, 3, 8, 20, 33, 64, 128])
    def test_a_sum_of_bounds_does_not_wrap(self, bits: int) -> None:
        for parties in (2, 3, 5, 100):
            bound = ring.contribution_bound(bits, parties)
            for sign in (1, -1):
                total = sum(sign * bound % (1 << bits) for _ in range(parties)) % (1 << bits)
                assert ring.center(total, bits) == sign * bound * parties


class TestRunVectors:
    def test_valid_descriptions_are_valid(self) -> None:
        for case in load("run.json")["valid"]:
            assert fault(bytes.fromhex(case["description"])) is None, case["name"]

    def test_invalid_descriptions_have_the_fault_that_the_file_states(self) -> None:
        for case in load("run.json")["invalid"]:
            assert fault(bytes.fromhex(case["description"])) == case["error"], case["name"]

    def test_descriptions_are_canonical_by_the_cbor_library(self) -> None:
        for case in load("run.json")["valid"]:
            encoded = bytes.fromhex(case["description"])
            assert cbor2.dumps(cbor2.loads(encoded), canonical=True) == encoded


class TestChannelVectors:
    """The fields of channel.json against section 9, put together here a second time."""

    MACS = load("channel.json")["macs"]

    @pytest.mark.parametrize("case", MACS, ids=range(len(MACS)))
    def test_macs_bind_every_field(self, case: dict[str, Any]) -> None:
        counter = int(case["counter"]).to_bytes(8, "little")
        texts = [case[name].encode("ascii") for name in ("method", "path", "query")]
        body = hashlib.sha256(bytes.fromhex(case["body"])).digest()
        fields = [b"cloakwork/1 request", bytes([case["direction"]]), *texts, body, bytes.fromhex(case["run"]), counter]
        data = b"".join(len(field).to_bytes(4, "little") + field for field in fields)
        assert hmac.digest(bytes.fromhex(load("channel.json")["channel_key"]), data, "sha256").hex() == case["mac"]

    def test_macs_are_distinct(self) -> None:
        assert len({case["mac"] for case in self.MACS}) == len(self.MACS)

    def test_a_response_names_the_mac_of_a_request_with_its_path_query_run_and_counter(self) -> None:
        place = operator.itemgetter("path", "query", "run", "counter")
        requests = {case["mac"]: place(case) for case in self.MACS if case["direction"] == 0}
        responses = [case for case in self.MACS if case["direction"] == 1]
        assert responses
        for case in responses:
            status, mac = case["method"].split(" ")
            assert re.fullmatch(r"[1-5][0-9]{2}", status, re.ASCII)
            assert requests[mac] == place(case)

    def test_counters_are_decimal_without_leading_zeros(self) -> None:
        counters = load("channel.json")["counters"]
        pattern = re.compile(r"0|[1-9][0-9]*", re.ASCII)
        for case in counters["valid"]:
            assert pattern.fullmatch(case["text"])
            assert int(case["text"]) == int(case["counter"]) < 2**64
        for text in counters["invalid"]:
            assert not (pattern.fullmatch(text) and int(text) < 2**64), text

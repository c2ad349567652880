"""Writes the test vectors as C data: `python3 tests/c/generate.py OUTPUT`. The types are in vectors.h."""

from __future__ import annotations

import json
import math
import struct
import sys
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
PREFIX = b"cloakwork/1 "
KINDS = {
    "invite": "CLOAK_INVITE",
    "keys": "CLOAK_KEYS",
    "confirmations": "CLOAK_CONFIRMATIONS",
    "begin": "CLOAK_BEGIN",
    "survivors": "CLOAK_SURVIVORS",
    "open": "CLOAK_OPEN",
    "finished": "CLOAK_FINISHED",
}
LANES = ((32, "CLOAK_U32"), (64, "CLOAK_U64"), (128, "CLOAK_U128"))


class Data:
    """C definitions in the order in which they are needed."""

    def __init__(self) -> None:
        self.lines = ['#include "vectors.h"', ""]
        self._count = 0

    def array(self, ctype: str, items: list[str], attribute: str = "") -> str:
        """Defines an array and returns its name; the empty array is NULL."""
        if not items:
            return "NULL"
        self._count += 1
        name = f"data_{self._count}"
        self.lines.append(f"static const {ctype} {name}[]{attribute} = {{{', '.join(items)}}};")
        return name

    def named(self, ctype: str, name: str, items: list[str]) -> None:
        """Defines an array under a name that the program knows, with its length."""
        self.lines += [f"static const {ctype} {name}[] = {{", *(f"    {item}," for item in items), "};"]
        self.lines += [f"static const size_t {name}_count = {len(items)};", ""]

    def bytes(self, content: bytes | str) -> str:
        """An initialiser of `bytes`."""
        raw = bytes.fromhex(content) if isinstance(content, str) else content
        return f"{{{self.array('uint8_t', [str(byte) for byte in raw])}, {len(raw)}}}"

    def errors(self, codes: list[int]) -> str:
        """An initialiser of `errors`."""
        return f"{{{self.array('int32_t', [str(code) for code in codes])}, {len(codes)}}}"

    def ids(self, ids: list[str]) -> str:
        """Two fields: ids and their number."""
        return f"{self.array('uint64_t', [unsigned(number) for number in ids])}, {len(ids)}"


def unsigned(number: str | int) -> str:
    return f"UINT64_C({number})"


def literal(content: str) -> str:
    """A C string literal."""
    plain = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.,;:()/+=")
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in content.encode()) + '"'


def read(name: str) -> dict:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def labelled(label: str, parts: list[str]) -> bytes:
    """The input of Hash(label, parts): protocol.md section 1."""
    return b"".join(struct.pack("<I", len(part)) + part for part in [PREFIX + label.encode(), *map(bytes.fromhex, parts)])


def segment(parameters: dict) -> str:
    encoding, fraction = parameters["encoding"], parameters["fraction"]
    return f"{{{unsigned(parameters['length'])}, {literal(parameters['label'])}, {parameters['bits']}, {encoding}, {fraction}}}"


def config(parameters: dict) -> str:
    def array(name: str) -> str:
        return "{" + ", ".join(str(byte) for byte in bytes.fromhex(parameters[name])) + "}"

    numbers = (
        "degree",
        "threshold",
        "min_inputs",
        "colluders",
        "max_rounds",
        "setup_seconds",
        "step_seconds",
        "suite",
        "mode",
        "max_passes",
    )
    fields = [array("run_id"), array("beacon"), array("settings"), *(f"{parameters[name]}u" for name in numbers), "0"]
    return "{" + ", ".join(fields) + "}"


EMPTY_CONFIG = "{{0}, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}"


def residues(data: Data, bits: int, values: list[str]) -> str:
    """An initialiser of `cloak_values`, in the lane of the width; 128-bit lanes are pairs of words, in the byte order of this machine."""
    width, name = next(lane for lane in LANES if bits <= lane[0])
    numbers = [int(value) for value in values]
    if width == 128:
        pairs = [(number & (1 << 64) - 1, number >> 64) for number in numbers]
        words = [word for pair in pairs for word in (pair if sys.byteorder == "little" else reversed(pair))]
        array = data.array("uint64_t", [unsigned(word) for word in words], " __attribute__((aligned(16)))")
    else:
        array = data.array(f"uint{width}_t", [unsigned(number) for number in numbers])
    return f"{{{name}, {array}, {len(numbers)}}}"


def floats(data: Data, values: list[float]) -> str:
    return data.array("double", [float(value).hex() for value in values])


def real(pattern: str) -> str:
    """A C constant of a double, given by its bits."""
    value = struct.unpack(">d", bytes.fromhex(pattern))[0]
    if math.isnan(value):
        return "NAN"
    return {math.inf: "INFINITY", -math.inf: "-INFINITY"}.get(value, value.hex())


def mechanism(parameters: dict) -> str:
    """An initialiser of `cloak_mechanism`."""
    reals = [real(parameters[name]) for name in ("clamp", "clip", "granularity", "noise")]
    counts = [unsigned(parameters["norm_bound"]), f"{parameters['parts']}u", f"{parameters['honest']}u"]
    return "{" + ", ".join([unsigned(parameters["dimension"]), *reals, *counts, f"{parameters['block_log2']}", "{0}"]) + "}"


def chacha20(key: bytes, length: int) -> bytes:
    """The first bytes of the stream of suite 1: RFC 8439 with a zero nonce, from block 0."""
    mask = 0xFFFFFFFF
    columns = [(i, 4 + i, 8 + i, 12 + i) for i in range(4)]
    diagonals = [(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4) for i in range(4)]
    stream = bytearray()
    for block in range(-(-length // 64)):
        start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), block, 0, 0, 0]
        x = start.copy()
        for a, b, c, d in (columns + diagonals) * 10:
            for target, addend, mixed, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[target] = x[target] + x[addend] & mask
                x[mixed] ^= x[target]
                x[mixed] = (x[mixed] << turn | x[mixed] >> 32 - turn) & mask
        stream += struct.pack("<16I", *(word + first & mask for word, first in zip(x, start, strict=True)))
    return bytes(stream[:length])


def noise(data: Data) -> None:
    """Rotations, samples and private vectors."""
    transforms = []
    for v in read("hadamard.json")["transforms"]:
        kind, width = v["number"][0], int(v["number"][1:])
        # Integers are given as numbers, floats as their bits.
        patterns = [[int(x, 16) if kind == "f" else int(x) % (1 << width) for x in v[name]] for name in ("input", "output")]
        arrays = [data.array(f"uint{width}_t", [unsigned(x) for x in pattern]) for pattern in patterns]
        flags = f"'{v['function'][0]}', CLOAK_{v['number'].upper()}, {int(v['orthonormal'])}, {v['suite']}"
        transforms.append(f"{{{flags}, {data.bytes(v['seed'])}, {unsigned(v['first'])}, {', '.join(arrays)}, {len(v['input'])}}}")
    data.named("transform_vector", "transforms", transforms)

    file = read("gaussian.json")
    samples = []
    for v in file["samples"]:
        array = data.array("int32_t", [str(sample) for sample in v["samples"]])
        key = data.bytes(v["key"].ljust(64, "0"))
        samples.append(f"{{{real(v['ieee754'])}, {v['suite']}, {key}, {array}, {len(v['samples'])}}}")
    data.named("sample_vector", "samples", samples)

    exact = []
    samplers = {"discrete_gaussian": "'g'", "discrete_laplace": "'l'", "skellam": "'s'"}
    for v in file["exact"]:
        if v["sampler"] in samplers:
            tape = data.bytes(chacha20(bytes.fromhex(v["key"]), v["used"]))
            array = data.array("int64_t", [f"INT64_C({sample})" for sample in v["samples"]])
            parameter = f"{unsigned(v['numerator'])}, {unsigned(v['denominator'])}"
            exact.append(f"{{{samplers[v['sampler']]}, {parameter}, {tape}, {array}, {len(v['samples'])}}}")
    data.named("exact_vector", "exact_samples", exact)

    file = read("private.json")
    contributions = []
    for v in file["contributions"]:
        parts = data.array("double", [real(value) for part in v["parts"] for value in part])
        values = data.array("double", [real(value) for value in v["values"]])
        parameters = f"{literal(v['name'])}, {mechanism(v['mechanism'])}, {v['bits']}, {v['suite']}"
        streams = f"{data.bytes(v['rotation'])}, {data.bytes(v['rng_tape'])}"
        contributions.append(f"{{{parameters}, {streams}, {parts}, {residues(data, v['bits'], v['residues'])}, {values}}}")
    data.named("contribution_vector", "contributions", contributions)

    refused = []
    for v in file["refused"]["values"]:
        values = data.array("double", [real(value) for value in v["values"]])
        parameters = f"{mechanism(file['refused']['mechanism'])}, {file['refused']['bits']}"
        refused.append(f"{{{literal(v['name'])}, {parameters}, {values}, {v['error']}}}")
    data.named("refused_part_vector", "refused_parts", refused)


def refusals(path: str) -> dict:
    """What is refused in a transcript, by the delivery in whose place or after which it comes."""
    found: dict = {}
    for name in sorted(path.name for path in VECTORS.glob("*.json")):
        file = read(name)
        if file.get("transcript") != path:
            continue
        for message in file["messages"]:
            key = (message["step"], message["epoch"], message["round"], message["client"])
            for invalid in message["invalid"]:
                found.setdefault(key, []).append((message["to"], False, invalid))
        for message in file.get("late_messages", []):
            key = (message["step"], message["epoch"], message["round"], message["client"])
            whole = {"name": message["name"], "at": 0, "cut": None, "put": message["message"], "errors": message["errors"]}
            found.setdefault(key, []).append((message["to"], True, whole))
    return found


def one_delivery(data: Data, found: list, delivery: dict) -> str:
    items = []
    for to, late, invalid in found:
        valid = delivery["message"] if to == "client" else delivery["answer"]
        cut = len(valid) // 2 if invalid["cut"] is None else invalid["cut"]
        fields = (literal(invalid["name"]), int(to == "server"), int(late), invalid["at"], cut)
        items.append(f"{{{', '.join(map(str, fields))}, {data.bytes(invalid['put'])}, {data.errors(invalid['errors'])}}}")
    array = data.array("refusal", items)
    answer = delivery.get("answer") or ""
    fields = (unsigned(delivery["id"]), data.bytes(delivery["message"]), data.bytes(answer), int(bool(delivery.get("lost"))))
    return f"{{{', '.join(map(str, fields))}, {array}, {len(items)}}}"


def one_round(data: Data, segments: list[dict], round_: dict) -> str:
    inputs = []
    for given in round_["inputs"]:
        vectors = []
        for parameters, vector in zip(segments, given["segments"], strict=True):
            if parameters["encoding"] == 1:
                vectors.append(f"{{CLOAK_F64, {floats(data, vector['values'])}, {len(vector['values'])}}}")
            else:
                vectors.append(residues(data, parameters["bits"], vector["residues"]))
        parts = data.array("double", [real(value) for part in given.get("parts", []) for value in part])
        inputs.append(f"{{{unsigned(given['id'])}, {data.array('cloak_values', vectors)}, {parts}}}")
    sums = [
        residues(data, parameters["bits"], total["residues"]) for parameters, total in zip(segments, round_.get("sums", []), strict=False)
    ]
    values = [floats(data, total["values"]) if total["values"] is not None else "NULL" for total in round_.get("sums", [])]
    fields = (
        f"{round_['round']}u",
        f"{round_['outcome']}u",
        data.bytes(round_["context"]),
        data.bytes(round_["context_hash"]),
        data.ids(round_["participants"]),
        f"{data.array('input', inputs)}, {len(inputs)}",
        data.ids(round_.get("survivors", [])),
        data.array("cloak_values", sums),
        data.array("double *const", values),
        data.bytes(round_.get("rotation_seed", "")),
        data.array("double", [real(value) for value in round_.get("decoded", [])]),
    )
    return "{" + ", ".join(fields) + "}"


def one_transcript(data: Data, path: str) -> str:
    file = read(path)
    refused = refusals(path)
    steps = []
    for given in file["steps"]:
        deliveries = []
        for delivery in given["deliveries"]:
            key = (given["step"], given["epoch"], given.get("round"), delivery["id"])
            deliveries.append(one_delivery(data, refused.pop(key, []), delivery))
        array = data.array("delivery", deliveries)
        steps.append(f"{{{KINDS[given['step']]}, {given['epoch']}u, {given.get('round') or 0}u, {array}, {len(deliveries)}}}")
    if refused:
        sys.exit(f"{path}: no delivery for {sorted(map(str, refused))}")
    clients = [
        f"{{{unsigned(client['id'])}, {data.bytes(client['static_secret'])}, {data.bytes(client['rng_tape'])}}}"
        for client in file["clients"]
    ]
    segments = file["parameters"]["segments"]
    rounds = [one_round(data, segments, round_) for round_ in file["rounds"]]
    fields = (
        literal(file["name"]),
        data.bytes(file["description"]),
        data.bytes(file["roster"]),
        data.bytes(file["run_hash"]),
        f"{len(segments)}u",
        f"{data.array('party', clients)}, {len(clients)}",
        f"{data.array('step_vector', steps)}, {len(steps)}",
        f"{data.array('round_vector', rounds)}, {len(rounds)}",
    )
    return "{" + ", ".join(fields) + "}"


def main() -> None:
    """Writes the file."""
    data = Data()
    hashes = [f"{{{data.bytes(labelled(v['label'], v['parts']))}, {data.bytes(v['hash'])}}}" for v in read("hash.json")["hash"]]
    data.named("hash_vector", "hashes", hashes)

    file = read("fingerprint.json")
    good = [f"{{{literal(v['fingerprint'])}, {data.bytes(v['key'])}, {int(v['canonical'])}, 0}}" for v in file["valid"]]
    bad = [f"{{{literal(v['text'])}, {{NULL, 0}}, 0, {v['error']}}}" for v in file["invalid"]]
    data.named("fingerprint_vector", "fingerprints", good + bad)

    file = read("channel.json")
    for name in ("client_secret", "client_public", "server_secret", "server_public"):
        data.lines.append(f"static const bytes channel_{name} = {data.bytes(file[name])};")
    macs = []
    for v in file["macs"]:
        parts = [data.bytes(v[name].encode()) for name in ("method", "path", "query")] + [data.bytes(v["body"]), data.bytes(v["run"])]
        macs.append(f"{{{v['direction']}, {', '.join(parts)}, {unsigned(v['counter'])}, {data.bytes(v['mac'])}}}")
    data.named("mac_vector", "macs", macs)

    file = read("run.json")
    runs = []
    for v in file["valid"]:
        if v["roster"] is None:
            continue
        segments = [segment(s) for s in v["parameters"]["segments"]]
        array = data.array("cloak_segment", segments)
        parts = (
            literal(v["name"]),
            data.bytes(v["description"]),
            data.bytes(v["roster"]),
            data.bytes(v["run_hash"]),
            config(v["parameters"]),
            data.array("cloak_mechanism", [mechanism(v["parameters"]["mechanism"])] if "mechanism" in v["parameters"] else []),
        )
        runs.append(f"{{{', '.join(parts)}, {array}, {len(segments)}u, 0}}")
    for v in file["invalid"]:
        parts = (literal(v["name"]), data.bytes(v["description"]), "{NULL, 0}", "{NULL, 0}", EMPTY_CONFIG, "NULL")
        runs.append(f"{{{', '.join(parts)}, NULL, 0u, {v['error']}}}")
    data.named("run_vector", "runs", runs)

    graphs = []
    for v in read("graph.json")["neighbours"]:
        degree = len(v["neighbours"][0])
        flat = [unsigned(other) for neighbours in v["neighbours"] for other in neighbours]
        positions = data.ids(v["positions"])
        graphs.append(f"{{{v['n']}u, {v['degree']}u, {data.bytes(v['beacon'])}, {positions}, {data.array('uint64_t', flat)}, {degree}}}")
    data.named("graph_vector", "graphs", graphs)

    decodings = []
    for v in read("fixed.json")["decoding"]:
        # 2^127 mod 2^128 is its own negative; the library takes the negative one, and no sum within the bounds is either.
        signs = [-1 if v["bits"] == 128 and int(total["residue"]) == 1 << 127 else 1 for total in v["sums"]]
        values = [sign * struct.unpack(">d", bytes.fromhex(total["ieee754"]))[0] for sign, total in zip(signs, v["sums"], strict=True)]
        sums = residues(data, v["bits"], [total["residue"] for total in v["sums"]])
        decodings.append(f"{{{v['bits']}, {v['fraction']}, {sums}, {floats(data, values)}}}")
    data.named("decoding_vector", "decodings", decodings)

    noise(data)

    paths = sorted(str(path.relative_to(VECTORS)) for path in (VECTORS / "round").glob("*.json"))
    data.named("transcript", "transcripts", [one_transcript(data, path) for path in paths])
    Path(sys.argv[1]).write_text("\n".join(data.lines), encoding="utf-8")


if __name__ == "__main__":
    main()

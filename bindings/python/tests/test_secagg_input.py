"""What `Client.mask`, `aggregate` and `decode` refuse: by the label, the index and the bound; afterwards the round goes on."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, CryptoError, NumberError, ProtocolError, Status
from cloakwork.secagg import Config, Segment, aggregate, decode
from secagg_rounds import Network
from secagg_vectors import numbers, residues

SEGMENTS = (
    Segment("values", 20, 6, "fixed", 8),
    Segment("counts", 40, 2),
    Segment("small", 9, 3, "residues"),
    Segment("wide", 100, 2, "residues"),
)
# Four members: the bound of `values` is floor((2^19 - 1) / 4) / 256, the bound of `counts` floor((2^39 - 1) / 4).
VALUES_BOUND = 131071 / 256
COUNTS_BOUND = 137438953471


def good() -> dict[str, np.ndarray]:
    return {
        "values": np.array([0.0, -1.5, VALUES_BOUND, -VALUES_BOUND, 1e-300, -0.0]),
        "counts": np.array([COUNTS_BOUND, -COUNTS_BOUND]),
        "small": np.array([0, 1, 511], dtype=np.uint16),
        "wide": residues(SEGMENTS[3], [str(2**100 - 1), "7"]),
    }


@pytest.fixture(scope="module")
def begun() -> Network:
    """A network at the beginning of a round: nothing that is refused changes it."""
    network = Network(Config(segments=SEGMENTS), 4)
    network.set_up()
    network.begin()
    return network


def with_entry(array: np.ndarray, index: int, value: float) -> np.ndarray:
    changed = array.copy()
    changed[index] = value
    return changed


ZEROS = np.zeros(6)
PLANE = np.zeros((6, 6))
BAD = [
    ("values", with_entry(ZEROS, 3, math.nan), NumberError, Status.NOT_FINITE, None, "at index 3 "),
    ("values", with_entry(ZEROS, 5, math.inf), NumberError, Status.NOT_FINITE, None, "at index 5 "),
    ("values", with_entry(ZEROS, 0, -math.inf), NumberError, Status.NOT_FINITE, None, "at index 0 "),
    ("values", with_entry(ZEROS.astype(np.float32), 2, math.nan), NumberError, Status.NOT_FINITE, None, "at index 2 "),
    ("values", with_entry(ZEROS, 4, VALUES_BOUND + 1 / 256), NumberError, Status.OUT_OF_RANGE, VALUES_BOUND, "at index 4 "),
    ("values", with_entry(ZEROS, 4, -1e300), NumberError, Status.OUT_OF_RANGE, VALUES_BOUND, "at index 4 "),
    ("values", with_entry(ZEROS.astype(np.int64), 1, 512), NumberError, Status.OUT_OF_RANGE, VALUES_BOUND, "at index 1 "),
    ("values", with_entry(ZEROS.astype(np.int64), 1, -(2**63)), NumberError, Status.OUT_OF_RANGE, VALUES_BOUND, "at index 1 "),
    ("counts", np.array([0, COUNTS_BOUND + 1]), NumberError, Status.OUT_OF_RANGE, COUNTS_BOUND, "at index 1 "),
    ("counts", np.array([-COUNTS_BOUND - 1, 0]), NumberError, Status.OUT_OF_RANGE, COUNTS_BOUND, "at index 0 "),
    ("small", np.array([0, 512, 0], dtype=np.uint16), NumberError, Status.OUT_OF_RANGE, 511, "at index 1 "),
    ("small", np.array([0, 0, 2**40], dtype=np.uint64), NumberError, Status.OUT_OF_RANGE, 511, "at index 2 "),
    ("wide", residues(Segment("", 100, 2), ["0", str(2**100)]), NumberError, Status.OUT_OF_RANGE, 2**100 - 1, "at index 1 "),
    ("values", np.zeros(5), ArgumentError, Status.INVALID_LENGTH, None, "shape"),
    ("values", np.zeros(7), ArgumentError, Status.INVALID_LENGTH, None, "shape"),
    ("values", np.zeros(0), ArgumentError, Status.INVALID_LENGTH, None, "shape"),
    ("values", np.zeros((2, 3)), ArgumentError, Status.INVALID_LENGTH, None, "shape"),
    ("values", np.zeros(()), ArgumentError, Status.INVALID_LENGTH, None, "shape"),
    ("values", PLANE[:, 0], ArgumentTypeError, Status.INVALID_ARGUMENT, None, "not C-contiguous"),
    ("values", np.zeros(12)[::2], ArgumentTypeError, Status.INVALID_ARGUMENT, None, "not C-contiguous"),
    ("values", ZEROS[::-1], ArgumentTypeError, Status.INVALID_ARGUMENT, None, "not C-contiguous"),
    ("values", ZEROS.astype(">f8"), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "byte order"),
    ("counts", np.zeros(2, dtype=">i4"), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "byte order"),
    ("values", ZEROS.astype(np.float16), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "float16"),
    ("values", ZEROS.astype(np.longdouble), ArgumentTypeError, Status.INVALID_ARGUMENT, None, str(np.dtype(np.longdouble))),
    ("values", ZEROS.astype(np.complex64), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "complex64"),
    ("values", ZEROS.astype(object), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "object"),
    ("values", np.zeros(6, dtype=np.uint64), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "uint64"),
    ("values", np.array(["1"] * 6), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "dtype <U1"),
    ("values", np.zeros(6, dtype="M8[s]"), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "datetime64"),
    ("values", np.zeros(6, dtype="m8[s]"), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "timedelta64"),
    ("values", np.zeros(6, dtype=[("a", "f8")]), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "dtype"),
    ("values", np.ma.masked_array(ZEROS), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "masked"),
    ("values", [0.0] * 6, ArgumentTypeError, Status.INVALID_ARGUMENT, None, "list"),
    ("values", memoryview(ZEROS), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "memoryview"),
    ("values", None, ArgumentTypeError, Status.INVALID_ARGUMENT, None, "NoneType"),
    ("small", np.zeros(3), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "float64"),
    ("small", np.zeros(3, dtype=np.int64), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "int64"),
    ("wide", np.zeros((2, 3), dtype=np.uint64), ArgumentError, Status.INVALID_LENGTH, None, "shape"),
    ("wide", np.zeros((2, 2), dtype=np.uint32), ArgumentTypeError, Status.INVALID_ARGUMENT, None, "uint32"),
]


@pytest.mark.parametrize(("label", "vector", "kind", "code", "bound", "text"), BAD)
def test_vectors_that_are_refused(
    begun: Network, label: str, vector: object, kind: type[CloakworkError], code: Status, bound: float | None, text: str
) -> None:
    client = begun.clients[1]
    state = client.save()
    with pytest.raises(kind) as failure:
        client.mask({**good(), label: vector})
    assert (failure.value.argument, failure.value.code, failure.value.bound) == (label, code, bound)
    assert text in str(failure.value)
    assert client.save() == state


def test_segments_that_are_missing_or_unknown(begun: Network) -> None:
    for label in good():
        with pytest.raises(ArgumentError, match=f"^{label}: .*missing"):
            begun.clients[1].mask({name: vector for name, vector in good().items() if name != label})
    with pytest.raises(ArgumentError, match="^other: "):
        begun.clients[1].mask({**good(), "other": ZEROS})


def test_buffers_for_the_message(begun: Network) -> None:
    client = begun.clients[1]
    size = client.masked_size
    for out in (bytes(size), memoryview(bytes(size)), np.zeros(2 * size, dtype=np.uint8)[::2], "text", 5):
        with pytest.raises(ArgumentTypeError, match="^out: "):
            client.mask(good(), out)
    with pytest.raises(ArgumentError) as failure:
        client.mask(good(), bytearray(size - 1))
    assert (failure.value.code, failure.value.bound) == (Status.BUFFER_TOO_SMALL, size)
    assert client.state.name == "begun"


def test_every_type_that_is_taken() -> None:
    """Each gives the same residues as float64, or as the integers themselves."""
    whole = [0, 1, 1, 0, 1, 0]
    kinds = (np.float64, np.float32, np.int64, np.int32, np.int16, np.int8, np.uint32, np.uint16, np.uint8, np.bool_, np.longlong)
    network = Network(Config(segments=(SEGMENTS[0], SEGMENTS[2])), 3)
    network.set_up()
    for first in kinds:
        second = {"u": first, "b": first}.get(np.dtype(first).kind, np.uint64)
        network.begin()
        network.mask(
            {member: {"values": np.array(whole, dtype=first), "small": np.array([1, 0, 1], dtype=second)} for member in network.clients}
        )
        network.open()
        sums = network.sums()
        assert decode(network.run, "values", sums["values"]).tolist() == [3 * value for value in whole]
        assert sums["small"].tolist() == [3, 0, 3]
        assert set(network.outcomes().values()) == {0}


def test_a_second_mask_is_refused(begun: Network) -> None:
    client = begun.clients[2]
    first = client.mask(good())
    assert isinstance(first, bytes)
    with pytest.raises(ProtocolError) as failure:
        client.mask(good())
    assert failure.value.code == Status.OUT_OF_ORDER
    with pytest.raises(ProtocolError) as failure:
        _ = client.masked_size
    assert failure.value.code == Status.OUT_OF_ORDER


def test_vectors_and_messages_are_not_copied() -> None:
    """Masking 8 MB of floats into a given buffer takes less than 1 MB of Python's memory, and adding up less than three vectors."""
    length = 1_000_000
    network = Network(Config(segments=(Segment("values", 20, length, "fixed", 4),), suite=2), 3)
    network.set_up()
    network.begin()
    vector = np.linspace(-1000, 1000, length)
    for member, client in network.clients.items():
        out = bytearray(client.masked_size)
        tracemalloc.start()
        message = client.mask({"values": vector}, out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000
        assert message.obj is out
        assert len(message) == len(out)
        receipt = network.server.receive(member, bytes(message))
        network.payloads[member] = bytes(message)[receipt.payload]
    assert len(network.payloads[1]) == (20 * (length + 4) + 7) // 8
    network.open()
    opening = network.server.opening()
    for threads in (1, 2):
        tracemalloc.start()
        sums = aggregate(network.run, opening, (bytes(payload) for payload in network.payloads.values()), threads)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 3 * 4 * length * threads
    assert np.abs(decode(network.run, "values", sums["values"]) - 3 * vector).max() <= 3 * 2**-5 + 1e-9


def opened(segments: tuple[Segment, ...] = SEGMENTS, inputs: dict[str, np.ndarray] | None = None) -> Network:
    """A network whose sum is due."""
    network = Network(Config(segments=segments), 4)
    network.set_up()
    network.begin()
    network.mask({member: good() if inputs is None else inputs for member in network.clients})
    network.open()
    return network


def test_sums_that_are_refused() -> None:
    network = opened()
    opening, payloads = network.server.opening(), list(network.payloads.values())
    for bad in (payloads[0][:-1], payloads[0] + b"\0", b""):
        with pytest.raises(ArgumentError) as failure:
            aggregate(network.run, opening, [*payloads[1:], bad])
        assert (failure.value.code, failure.value.argument, failure.value.bound) == (
            Status.INVALID_LENGTH,
            "payloads",
            network.run.payload_size,
        )
    for bad in ("text", None, 7):
        with pytest.raises(ArgumentTypeError, match="^payloads: "):
            aggregate(network.run, opening, [bad])
    for threads in (0, -1, 1.5, True):
        with pytest.raises(ArgumentError, match="^threads: "):
            aggregate(network.run, opening, payloads, threads)
    flipped = bytes([payloads[0][0] ^ 1]) + payloads[0][1:]
    # A flipped value cannot be told from another value; a payload too few or twice leaves masks in the sum.
    aggregate(network.run, opening, [flipped, *payloads[1:]])
    for wrong in (payloads[1:], [*payloads, payloads[0]], []):
        with pytest.raises(CryptoError) as refused:
            aggregate(network.run, opening, wrong)
        assert refused.value.code == Status.MASKS_DID_NOT_CANCEL
    network.server.finish(refused.value)
    assert network.server.outcome == Status.MASKS_DID_NOT_CANCEL
    assert set(network.outcomes().values()) == {Status.MASKS_DID_NOT_CANCEL}
    with pytest.raises(ProtocolError):
        network.server.opening()


def test_openings_by_hand() -> None:
    network = opened()
    opening, payloads = network.server.opening(), list(network.payloads.values())
    sums = aggregate(network.run, opening, payloads)
    total = np.zeros(6 + 4, dtype=np.uint32)
    for payload in payloads:
        opening.add(0, 0, payload, total)
    opening.unmask(0, 0, total)
    opening.check_zeros(0, total[6:])
    assert total[:6].tolist() == sums["values"].tolist()
    with pytest.raises(CryptoError):
        opening.check_zeros(0, np.ones(4, dtype=np.uint32))
    wrong: list[tuple[object, str | None]] = [
        (np.zeros(10), "accumulator"),
        (np.zeros(20, dtype=np.uint32)[::2], "accumulator"),
        ([0] * 10, "accumulator"),
        (np.zeros(10, dtype=np.uint64), None),
        (np.zeros(11, dtype=np.uint32), None),
        (np.zeros(9, dtype=np.uint32), None),
    ]
    frozen = np.zeros(10, dtype=np.uint32)
    frozen.flags.writeable = False
    for accumulator, argument in [*wrong, (frozen, "accumulator")]:
        for call in (lambda a: opening.add(0, 0, payloads[0], a), lambda a: opening.unmask(0, 0, a)):
            with pytest.raises(ArgumentError) as failure:
                call(accumulator)
            assert failure.value.argument == argument
    for segment, first in ((9, 0), (-1, 0), (0, 3), (0, -8), (0, 16)):
        with pytest.raises(ArgumentError):
            opening.unmask(segment, first, np.zeros(8, dtype=np.uint32))
    with pytest.raises(TypeError):
        type(opening)()


def test_numbers_that_are_refused() -> None:
    network = opened()
    run, sums = network.run, network.sums()
    with pytest.raises(ArgumentError, match="^other: "):
        decode(run, "other", sums["values"])
    with pytest.raises(ArgumentTypeError, match="^values: "):
        decode(run, "values", sums["values"].astype(np.int64))
    with pytest.raises(ArgumentTypeError, match="^wide: "):
        decode(run, "wide", sums["wide"][:, 0].copy())
    for dtype in (np.float32, np.int32, np.uint32, object):
        with pytest.raises(ArgumentError, match="^dtype: "):
            decode(run, "values", sums["values"], dtype)
    with pytest.raises(ArgumentError, match="^dtype: "):
        decode(run, "small", sums["small"], np.float64)
    assert decode(run, "small", sums["small"]) is sums["small"]
    assert numbers(SEGMENTS[3], sums["wide"]) == [(4 * (2**100 - 1)) % 2**100, 28]
    assert decode(run, "counts", sums["counts"]).dtype == np.int64
    assert decode(run, "counts", sums["counts"]).tolist() == [4 * COUNTS_BOUND, -4 * COUNTS_BOUND]
    assert decode(run, "values", sums["values"], np.int64).tolist() == [0, -6, 2048, -2048, 0, 0]
    assert decode(run, "values", sums["values"][2:4]).tolist() == [4 * VALUES_BOUND, -4 * VALUES_BOUND]


def test_wide_residues_that_are_not_aligned() -> None:
    """NumPy aligns to 8 bytes at least: what is only read is copied, what is to be written is refused."""
    network = opened()
    sums, payload = network.sums(), network.payloads[1]
    memory = np.zeros(2 * 2 + 1, dtype=np.uint64)
    start = 1 - memory.ctypes.data // 8 % 2
    unaligned = memory[start : start + 4].reshape(2, 2)
    unaligned[:] = sums["wide"]
    assert unaligned.ctypes.data % 16 == 8
    assert numbers(SEGMENTS[3], decode(network.run, "wide", unaligned)) == numbers(SEGMENTS[3], sums["wide"])
    again = opened(inputs={**good(), "wide": unaligned})
    assert numbers(SEGMENTS[3], again.sums()["wide"]) == [4 * number % 2**100 for number in numbers(SEGMENTS[3], unaligned)]
    third = opened()
    with pytest.raises(ArgumentTypeError, match="^accumulator: .*aligned"):
        third.server.opening().add(3, 0, payload, unaligned)


def test_integers_that_do_not_fit() -> None:
    segment = Segment("x", 70, 1)
    network = opened((segment,), {"x": np.array([2**62])})
    sums = network.sums()
    assert decode(network.run, "x", sums["x"]).tolist() == [2.0**64]
    with pytest.raises(NumberError) as failure:
        decode(network.run, "x", sums["x"], np.int64)
    assert (failure.value.code, failure.value.argument) == (Status.OUT_OF_RANGE, "x")

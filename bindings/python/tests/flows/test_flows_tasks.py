"""Built-in statistics against NumPy on the pooled rows, and what wrong tables get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cloakwork.errors import EncodingError
from cloakwork.secagg import Client, Config, Identity, Run, Server, aggregate, decode
from cloakwork.tasks import STATISTICS, Column, Statistics, Task, read_table
from cloakwork.wire.problem import FlowError

COLUMNS = (Column("age", 0, 120), Column("weight", -1e4, 1e6), Column("tiny", 1e-9, 2e-9))
PARTIES = 4


def tables(seed: int, rows: tuple[int, ...]) -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(seed)
    made = []
    for count in rows:
        age = random.uniform(20, 90, count)
        made.append({"age": age, "weight": 50 + age * 10 + random.normal(0, 3, count), "tiny": random.uniform(1e-9, 2e-9, count)})
    return made


def joint(task: Task, parts: list[dict[str, np.ndarray]]) -> Statistics:
    """What a masked round of these parties gives."""
    identities = {number: Identity.generate() for number in range(1, PARTIES + 1)}
    config = Config(segments=task.layout(PARTIES).segments, settings=task.settings(PARTIES))
    run = Run.new(config, {number: identity.public_key for number, identity in identities.items()})
    server = Server(run)
    clients = {number: Client(run, identity) for number, identity in identities.items()}
    payloads = []
    server.invite()
    for answer in ("advertise", "confirm"):
        messages = {number: server.message(number) for number in clients}
        for number, client in clients.items():
            server.receive(number, getattr(client, answer)(messages[number]))
    for number, client in clients.items():
        client.accept(server.message(number))
    server.begin(None, b"")
    begins = {number: server.message(number) for number in clients}
    for (number, client), part in zip(clients.items(), parts, strict=True):
        client.begin(begins[number], b"")
        message = client.mask(task.contribution(part, PARTIES))
        receipt = server.receive(number, message)
        payloads.append(message[receipt.payload])
    opens = {number: server.message(number) for number in clients}
    for number, client in clients.items():
        server.receive(number, client.unmask(opens[number]))
    residues = aggregate(run, server.opening(), payloads)
    return task.result({label: decode(run, label, vector) for label, vector in residues.items()}, PARTIES, PARTIES)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize(("seed", "rows"), [(1, (30, 5, 1, 200)), (2, (1, 1, 1, 1)), (3, (0, 7, 0, 3))])
def test_statistics_are_those_of_the_pooled_rows(statistic: str, seed: int, rows: tuple[int, ...]) -> None:
    task = Task(statistic, () if statistic == "count" else COLUMNS, rows=1000)
    parts = tables(seed, rows)
    found = joint(task, parts)
    pooled = np.column_stack([np.concatenate([part[column.name] for part in parts]) for column in COLUMNS])
    assert found.rows == len(pooled)
    half = np.array([column.half for column in COLUMNS])
    # Sums of float64 over at most 236 rows, measured in half widths of the columns.
    step = 236 * 2.0**-50
    expected = {
        "sum": (pooled.sum(axis=0), half * step),
        "mean": (pooled.mean(axis=0), half * step),
        "variance": (pooled.var(axis=0, ddof=1), half**2 * step),
        "covariance": (np.cov(pooled.T), np.outer(half, half) * step),
    }
    for name, (exact, error) in expected.items():
        values = getattr(found, name)
        if values is not None:
            assert np.all(np.abs(values - exact) <= error + 1e-13 * np.abs(exact)), name
    if found.correlation is not None:
        np.testing.assert_allclose(found.correlation, np.corrcoef(pooled.T), atol=1e-7)
    present = {name for name in ("sum", "mean", "variance", "covariance", "correlation") if getattr(found, name) is not None}
    assert statistic in present | {"count"}


def test_a_constant_column_has_no_correlation() -> None:
    parts = tables(4, (3, 3, 3, 3))
    for part in parts:
        part["age"][:] = 50.0
    found = joint(Task("correlation", COLUMNS, rows=100), parts)
    assert found.variance is not None
    assert found.correlation is not None
    assert found.variance[0] <= 60**2 * 2.0**-45
    assert np.isfinite(found.correlation[1, 2])


def test_too_few_rows_are_told() -> None:
    with pytest.raises(FlowError, match="too few"):
        joint(Task("variance", COLUMNS, rows=10), tables(5, (1, 0, 0, 0)))


def test_settings_are_canonical_and_bring_the_task_back() -> None:
    for statistic in STATISTICS:
        task = Task(statistic, () if statistic == "count" else COLUMNS)
        assert Task.from_settings(task.settings(PARTIES), PARTIES) == task
    settings = Task("mean", COLUMNS).settings(PARTIES)
    for wrong in (b"", b"{}", b"[]", b"null", settings + b" ", settings.replace(b'"mean"', b'"mode"'), settings.replace(b":", b": ", 1)):
        with pytest.raises((EncodingError, FlowError)):
            Task.from_settings(wrong, PARTIES)
    # The layout is part of the settings: it is that of another number of parties.
    with pytest.raises(EncodingError):
        Task.from_settings(settings, PARTIES + 1)


@pytest.mark.parametrize(
    ("statistic", "columns", "argument"),
    [
        ("mode", COLUMNS, "task"),
        ("mean", (), "column"),
        ("count", COLUMNS, "column"),
        ("mean", (COLUMNS[0], COLUMNS[0]), "column"),
    ],
)
def test_tasks_that_cannot_be(statistic: str, columns: tuple[Column, ...], argument: str) -> None:
    with pytest.raises(FlowError) as caught:
        Task(statistic, columns)
    assert caught.value.argument == argument


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (np.nan, 1), (0, np.inf)])
def test_ranges_that_cannot_be(low: float, high: float) -> None:
    with pytest.raises(FlowError):
        Column("x", low, high)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 120.1])
def test_a_value_outside_its_range_is_refused_by_column_and_row(bad: float) -> None:
    (part,) = tables(6, (9,))
    part["age"][4] = bad
    with pytest.raises(FlowError) as caught:
        Task("mean", COLUMNS).contribution(part, PARTIES)
    assert caught.value.argument == "age"
    assert "row 5" in caught.value.message
    assert "1 of 9" in caught.value.message
    if np.isfinite(bad):
        assert str(bad) not in caught.value.message


def test_too_many_rows_are_refused() -> None:
    (part,) = tables(7, (11,))
    with pytest.raises(FlowError) as caught:
        Task("mean", COLUMNS, rows=10).contribution(part, PARTIES)
    assert caught.value.bound == 10


def test_tables_of_every_kind_are_the_same(tmp_path: Path) -> None:
    (part,) = tables(8, (12,))
    names = ("tiny", "age")
    header = ",".join(part)
    rows = "\n".join(",".join(repr(float(part[name][i])) for name in part) for i in range(12))
    (tmp_path / "t.csv").write_text(f"\ufeff{header}\r\n{rows}\n\n", encoding="utf-8")
    np.savez(tmp_path / "t.npz", **part)
    structured = np.empty(12, dtype=[(name, np.float64) for name in part])
    for name, column in part.items():
        structured[name] = column
    np.save(tmp_path / "t.npy", structured)
    for ending in ("csv", "npz", "npy"):
        found = read_table(tmp_path / f"t.{ending}", names)
        assert list(found) == list(names)
        for name in names:
            np.testing.assert_array_equal(found[name], part[name])
        assert len(next(iter(read_table(tmp_path / f"t.{ending}", ()).values()))) == 12


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no columns"),
        ("a,b\n1,2\n", "0 columns of this name"),
        ("x,x\n1,2\n", "2 columns of this name"),
        ("x,y\n1\n", "line 2 has 1 cells"),
        ("x,y\n1,2\n,3\n", "line 3 is no number"),
        ("x,y\nabc,2\n", "line 2 is no number"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FlowError, match=reason):
        read_table(path, ("x",))
    with pytest.raises(FlowError, match="cannot be read"):
        read_table(tmp_path / "absent.csv", ("x",))

"""docs/benchmarks.md from measurements; nothing in it is typed."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import bars as held
import utility as private_means
from computation import Compared, Model
from firmware import CLIENT_HEAD, NOISE_HEAD, Firmware
from flower import Unmasking
from functions import FORMATS, FUNCTIONS, POINTS, Errors
from hosts import HEAD as HOSTS_HEAD
from hosts import Cost
from kernels import Kernel
from private import Pair
from timing import Samples
from utility import Point

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)] + [""]


def milliseconds(samples: Samples) -> str:
    """Median and range."""
    if len(samples.seconds) == 1:
        return f"{samples.median * 1e3:,.0f} ms"
    return f"{samples.median * 1e3:,.1f} ms ({samples.fastest * 1e3:,.1f} to {samples.slowest * 1e3:,.1f})"


def duration(seconds: float) -> str:
    """A time as people read it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds / 1e-9:,.3g} ns"


def machine() -> list[str]:
    """What it was measured on."""
    cpu, flags = platform.processor() or "unknown", ""
    path = Path("/proc/cpuinfo")
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
        flags = next((line for line in lines if line.startswith("flags")), "")
    vectors = [name for name in ("aes", "vaes", "avx2", "avx512f") if f" {name}" in flags]
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("flwr", "opendp", "numpy", "scipy", "cloakwork"))
    return [
        f"Measured on {dt.datetime.now(tz=dt.UTC).date()}: {cpu}, {os.cpu_count()} cores seen,",
        f"{', '.join(vectors) or 'no vector extensions'};",
        f"Python {platform.python_version()}, {packages}. Machines of this kind are shared: read medians and ratios, not single times.",
        "",
    ]


def bars(measured: Mapping[str, float]) -> list[str]:
    """The numbers that the project holds itself to."""
    return [
        "## Bars and aims",
        "",
        "One core. Client and server are measured through the Python package, binding included.",
        "",
        *table(["what", "measured", "bar", "aim", ""], held.rows(measured)),
    ]


def side_by_side(
    client: tuple[Samples, Samples], servers: Sequence[tuple[str, Samples, Unmasking]], uplink: tuple[float, float]
) -> list[str]:
    """Ours beside Flower's, from one process in one run."""
    rows = [
        [
            "client: quantise, self mask, 99 pair masks (ours packs as well)",
            milliseconds(client[0]),
            milliseconds(client[1]),
            f"{client[1].median / client[0].median:,.0f}",
        ]
    ]
    for name, ours, theirs in servers:
        parts = [f"masks {milliseconds(theirs.masks)}", f"{theirs.survivors} seeds of {milliseconds(theirs.combination)}"]
        if theirs.keys:
            parts.append(f"{theirs.dropped} keys of {milliseconds(theirs.keys)}")
        whole = f"{theirs.seconds:,.1f} s: {', '.join(parts)}"
        rows.append([f"server: addition, unmasking, Shamir; {name}", milliseconds(ours), whole, f"{theirs.seconds / ours.median:,.0f}"])
    rows.append(["uplink bytes a parameter", f"{uplink[0]:.2f}", f"{uplink[1]:.2f}", f"{uplink[1] / uplink[0]:.1f}"])
    return [
        "## Beside Flower",
        "",
        "n = 100 on the complete graph, t = 67, 10^6 parameters, one core; ours at b = 20 in suite 2 through the Python package,",
        "Flower's by its own functions (`flwr.common.secure_aggregation`) with its defaults (2^22 levels, modulus 2^32). Both on the",
        "same vector, in one process, one after the other. Flower's recombinations are measured a few times and multiplied by how",
        "many a round needs.",
        "",
        *table(["what", "ours", "Flower", "ratio"], rows),
    ]


def private(client: Samples, pairs: Sequence[Pair]) -> list[str]:
    """Noise, rotation and the private client, each beside a peer where there is one."""

    def cell(samples: Samples, per: int) -> str:
        each = samples.median / per
        return duration(each) if per == 1 else f"{1e-6 / each:,.3g} M/s"

    rows = [
        [pair.what, cell(pair.ours, pair.ours_per), cell(pair.theirs, pair.theirs_per), pair.peer, f"{pair.ratio:,.1f}"] for pair in pairs
    ]
    return [
        "## Private vectors, beside OpenDP, NumPy and SciPy",
        "",
        f"A whole private contribution of 10^6 values at b = 18 to a round of 100, from clip to masked bytes: {milliseconds(client)}.",
        "Suite 2, through the Python package. The others in the same process, all on one core: ours by `cloakwork.privacy`; OpenDP by",
        "`make_gaussian` on a vector of integers, which is exact and whose time depends on the noise; NumPy's butterfly passes over the",
        "vector once a stage; SciPy's dense matrix is multiplied by the vector while it fits the caches.",
        "",
        *table(["what", "ours", "theirs", "who", "ratio"], rows),
    ]


def utility(points: Sequence[Point]) -> list[str]:
    """Private means beside central noise."""
    return [*private_means.section(points), *table(private_means.HEAD, private_means.rows(points))]


def kernels(measured: Sequence[Kernel]) -> list[str]:
    """Criterion's medians."""
    rows = [[kernel.name, duration(kernel.seconds), kernel.rate] for kernel in measured]
    return ["## Kernels", "", "Criterion, one core, default build.", "", *table(["kernel", "median", "throughput"], rows)]


def load(rows: Sequence[Sequence[str]], head: Sequence[str]) -> list[str]:
    """Whole rounds over HTTP."""
    return [
        "## Whole rounds over HTTP",
        "",
        "One server process and one process with all clients share the machine; MACs, SQLite and loopback included, suite 2, b = 20.",
        "At most 8 clients mask and send at the same time. The dropouts leave before their masked message, which costs the server most;",
        "the time until the limit of that step closes it",
        "is left out of the server's times. Memory is the server's resident peak in the round above what it had with the run set up.",
        "",
        *table(head, rows),
    ]


def computation(measured: Sequence[Kernel], compared: Sequence[Compared], model: Model, peers: str) -> list[str]:
    """Multi-party computation beside MPyC, and a joint model."""

    def rate(number: float | None) -> str:
        return "failed" if number is None else f"{number:,.3g}"

    rows = [
        [
            one.name,
            rate(one.dealer),
            rate(one.alone),
            rate(one.mpyc),
            *(f"{ours / one.mpyc:,.3g}" if one.mpyc else "" for ours in (one.dealer, one.alone)),
        ]
        for one in compared
    ]
    return [
        "## Multi-party computation",
        "",
        "Two parties and their dealer, in threads of one program, over TLS on loopback; suite 2, real numbers with f = 16, L = 32,",
        "dithered but where exact is said. Connecting and inputs are left out, making and sending corrections is not.",
        "",
        *table(
            ["work", "median", "throughput"],
            ([kernel.name.removeprefix("computation/"), duration(kernel.seconds), kernel.rate] for kernel in measured),
        ),
        f"Elements a second of three parties in processes of their own on loopback, through Python: ours over TLS, MPyC without. {peers}.",
        "MPyC, which needs an honest majority and has integers and real numbers of 32 bits here, computes in prime fields.",
        "",
        *table(["work", "with a dealer", "without", "MPyC", "ratio", "ratio without"], rows),
        "Logistic regression on the breast-cancer data of scikit-learn, two hospitals in processes of their own with a dealer:",
        f"{model.seconds:.2f} s from the rows to the weights (140 steps of 32 rows).",
        f"{model.right} of {model.rows} test rows are judged rightly, {model.in_the_open} by the same steps in the open.",
        "",
    ]


def functions(errors: Sequence[Errors]) -> list[str]:
    """How far functions of shared numbers are off."""
    kinds = [(rounding, fraction) for rounding in ("nearest", "dithered") for fraction, _ in FORMATS]
    found = {(one.function.name, one.rounding, one.fraction): one for one in errors}
    rows = []
    for function in FUNCTIONS:
        ranges = ", ".join(f"{low:g} to {high:g}" for low, high in function.arguments)
        cells = [f"{one.largest:.1e} ({one.units:.2g})" for one in (found[function.name, *kind] for kind in kinds)]
        rows.append([function.name, ranges, *cells, "" if function.bar is None else f"{function.bar:.1e}"])
    return [
        "## Errors of functions of shared real numbers",
        "",
        f"The largest error against mpmath at {POINTS:,} arguments, three parties; in brackets in units of the last place, 2^-f.",
        "The bar is for f = 16.",
        "",
        *table(["function", "arguments", *(f"f = {fraction}, {rounding}" for rounding, fraction in kinds), "bar"], rows),
    ]


def hosts(costs: Sequence[Cost]) -> list[str]:
    """C++ and R beside C."""
    pairs = len(costs[0].pairs)
    return [
        "## C++ and R beside C",
        "",
        "One client masks 10^6 doubles at b = 40 in suite 2, in a round that has begun, through the host and by the C interface in turns,",
        f"in one process on one core: {pairs} pairs, each call into memory of its own, with an allocator that keeps what is freed.",
        "Times are medians; the cost is the median over the pairs of what the host adds. It weighs more the fewer members there are:",
        "a vector of C++ is filled with zeros before it is written.",
        "",
        *table(HOSTS_HEAD, (cost.row for cost in costs)),
    ]


def firmware(found: Firmware) -> list[str]:
    """What devices need."""
    return [
        "## Firmware",
        "",
        "The clients of examples/embedded in a round with a real server, suite 1, b = 40, and a private vector of 1,024 values,",
        "emulated by QEMU, which counts instructions: the last columns. Sizes are bytes, the stack is the deepest; set-up is once a run.",
        "",
        *table(CLIENT_HEAD, found.client_rows()),
        *table(NOISE_HEAD, found.noise_rows()),
    ]


def instructions() -> list[str]:
    """The counts that the tests compare with."""
    path = ROOT / "tests" / "callgrind" / "baseline.json"
    if not path.exists():
        return []
    counts = json.loads(path.read_text(encoding="utf-8"))
    counts = counts.get("instructions", counts)
    rows = [[name, f"{count:,}"] for name, count in counts.items() if isinstance(count, int)]
    return [
        "## Instruction counts",
        "",
        "What `make test` holds the code to (callgrind, which sees neither AVX-512 nor VAES: these are the portable paths).",
        "",
        *table(["what", "instructions"], rows),
    ]


def write(sections: Iterable[list[str]]) -> None:
    """Writes the page."""
    head = ["# Benchmarks", "", "Written by `make bench`; not edited by hand.", "", *machine()]
    text = "\n".join([*head, *(line for section in sections for line in section)])
    PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")


def update(section: Sequence[str], reached: Mapping[str, float]) -> None:
    """Writes one section that was measured anew, and its bars, into the page; a section that it had not comes before the kernels."""
    head, *parts = re.split(r"(?m)^(?=## )", PAGE.read_text(encoding="utf-8"))
    title, *rest = section
    made = "\n".join([title, "", f"Measured on {dt.datetime.now(tz=dt.UTC).date()}, after the rest of the page.", *rest]).rstrip() + "\n\n"
    places = [place for place, part in enumerate(parts) if part.startswith(f"{title}\n")]
    if places:
        parts[places[0]] = made
    else:
        parts.insert(next(place for place, part in enumerate(parts) if part.startswith("## Kernels\n")), made)
    rows = {row.split(" | ")[0]: row for row in table([], held.rows(reached))[2:-1]}
    lines = parts[0].rstrip().splitlines()
    kept = [rows.pop(line.split(" | ")[0], line) for line in lines]
    parts[0] = "\n".join([*kept, *rows.values()]) + "\n\n"
    PAGE.write_text((head + "".join(parts)).rstrip() + "\n", encoding="utf-8")

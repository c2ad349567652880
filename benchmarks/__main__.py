"""`make bench`: kernels, a round beside Flower's, private vectors beside OpenDP and NumPy, private means, rounds over HTTP.

Then computations beside MPyC, their errors, hosts and devices. Writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

import computation
import firmware
import flower
import functions
import hosts
import kernels
import load
import numpy as np
import ours
import private
import report
import utility

MEMBERS = 100
LENGTH = 1_000_000
NEIGHBOURS = MEMBERS - 1
# Bytes of the accumulator of the kernel that has a bar.
IN_CACHE = 64 << 10


# The sections in their order. Kernels are measured first, and listed last.
ON_THE_PAGE = ("flower", "private", "utility", "load", "computation", "functions", "hosts", "firmware", "kernels")

# A section of the page, and what has a bar, by the names of `bars.BARS`.
Section = tuple[list[str], dict[str, float]]


def pinned(measure: Callable[[int], Section], repeats: int) -> Section:
    """What is measured on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        return measure(repeats)
    finally:
        os.sched_setaffinity(0, cores)


def side_by_side(repeats: int) -> Section:
    """Ours and Flower's in turn."""
    values = np.sin(np.arange(LENGTH) * 0.001)
    print(f"set-up of {MEMBERS} clients", flush=True)
    group = ours.Group.of(MEMBERS, LENGTH)
    print("client", flush=True)
    client = (group.client(values, repeats), flower.client(values, NEIGHBOURS, min(repeats, 3)))
    servers = []
    for name, dropped in (("nobody dropped", 0), ("10 % dropped", MEMBERS // 10)):
        print(f"server, {name}", flush=True)
        group.play(values, dropped)
        servers.append((name, group.unmask(repeats, 1), flower.server(LENGTH, MEMBERS, dropped, 1)))
        uplink = (group.bytes_per_value(LENGTH), flower.bytes_per_value())
        group.server.finish(None)
    milliseconds = {"client": client[0].median * 1e3, **{name: samples.median * 1e3 for name, samples, _ in servers}}
    return report.side_by_side(client, servers, uplink), {**milliseconds, "uplink": uplink[0]}


def private_section(repeats: int) -> Section:
    """Private vectors beside those who make parts of them."""
    private.agree()
    print(f"private client among {MEMBERS}", flush=True)
    client = private.client(MEMBERS, repeats)
    print("noise and rotations", flush=True)
    pairs = [*private.noise(repeats), *private.rotation(repeats)]
    return report.private(client, pairs), {"private client": client.median * 1e3}


def utility_section() -> Section:
    """Private means: simulated, and drawn."""
    points = utility.run(lambda text: print(text, flush=True))
    utility.draw(points)
    worst = max(point.excess for point in points if point.plan.bits == utility.BITS[0])
    return report.utility(points), {"private mean": 100 * worst}


def computation_section() -> Section:
    """Multi-party computation, beside MPyC."""
    measured = kernels.computations()
    compared = computation.beside_mpyc(lambda text: print(text, flush=True))
    print("a joint model", flush=True)
    model = computation.model()
    rates = {kernel.name.removeprefix("computation/"): kernel.elements / kernel.seconds for kernel in measured if kernel.elements}
    reached = {
        "ring products": rates["products of integers"] / 1e6,
        "comparisons": rates["comparisons of integers"] / 1e6,
        "real products": rates["products of real numbers"] / 1e6,
        "sequential": rates["products one after the other"] / 1e3,
        "model": model.seconds,
    }
    return report.computation(measured, compared, model, computation.versions()), reached


def function_section() -> Section:
    """Errors of functions of shared numbers."""
    return report.functions(functions.run(lambda text: print(text, flush=True))), {}


def host_section() -> Section:
    """C++ and R beside C."""
    print("C++ and R beside C", flush=True)
    costs = hosts.run()
    return report.hosts(costs), {cost.host: cost.percent for cost in costs if cost.members == MEMBERS}


def firmware_section() -> Section:
    """What devices need."""
    print("firmware", flush=True)
    found = firmware.run()
    return report.firmware(found), found.reached


def kernel_section() -> Section:
    """The kernels."""
    measured = kernels.run()
    rates = {kernel.name: kernel.bytes / kernel.seconds / 1e9 for kernel in measured if kernel.bytes}
    samples = {kernel.name: kernel.elements / kernel.seconds / 1e6 for kernel in measured if kernel.elements}
    seconds = {kernel.name: kernel.seconds for kernel in measured}
    # The direct table serves sigmas below 1, too; the bar is for those from 1 on.
    sigmas = [rate for name, rate in samples.items() if name.startswith("isochronous/suite2/") and float(name.rsplit("/", 1)[1]) >= 1]
    reached = {f"suite {suite}": rates[f"add_stream/u32/suite{suite}/{IN_CACHE}"] for suite in (1, 2)}
    reached["triples"] = samples["oblivious Aes128Ctr/products"] * 1e3
    return report.kernels(measured), {**reached, "noise": min(sigmas), "rotation": seconds["hadamard/f32/transform/20"] * 1e3}


def main() -> None:
    """Measures everything and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, help="repetitions of our own timings (default 7)")
    names = [name for name in ("kernels", *ON_THE_PAGE[:-1]) if name != "firmware" or firmware.there()]
    parser.add_argument("--only", choices=names, help="measure one part, print it, and write it into the page that is there")
    arguments = parser.parse_args()
    parts: dict[str, Callable[[], Section]] = {
        "kernels": kernel_section,
        "flower": lambda: pinned(side_by_side, arguments.repeats),
        "private": lambda: pinned(private_section, arguments.repeats),
        "utility": utility_section,
        "load": lambda: (report.load(*load.run()), {}),
        "computation": computation_section,
        "functions": function_section,
        "hosts": lambda: pinned(lambda _: host_section(), arguments.repeats),
        "firmware": firmware_section,
    }
    if arguments.only:
        section, reached = parts[arguments.only]()
        print("\n".join([*section, *report.bars(reached)]))
        report.update(section, reached)
        return
    sections = {name: parts[name]() for name in names}
    reached = {name: value for _, values in sections.values() for name, value in values.items()}
    written = [
        report.bars(reached),
        *(sections[name][0] for name in ON_THE_PAGE if name in sections),
        report.instructions(),
    ]
    report.write(written)
    print("\n".join(line for section in written[:2] for line in section))
    print(f"written: {report.PAGE.relative_to(report.ROOT)}")


if __name__ == "__main__":
    main()

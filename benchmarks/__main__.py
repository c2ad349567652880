"""`make bench`: measures the kernels, a round beside Flower's, and whole rounds over HTTP; writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os

import flower
import kernels
import load
import numpy as np
import ours
import report

MEMBERS = 100
LENGTH = 1_000_000
NEIGHBOURS = MEMBERS - 1
# Bytes of the accumulator of the kernel that has a bar.
IN_CACHE = 64 << 10


def side_by_side(repeats: int) -> tuple[list[str], dict[str, float]]:
    """Ours and Flower's in turn, pinned to one core: the section, and ours by the names of `bars.BARS`."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
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
    os.sched_setaffinity(0, cores)
    milliseconds = {"client": client[0].median * 1e3, **{name: samples.median * 1e3 for name, samples, _ in servers}}
    return report.side_by_side(client, servers, uplink), {**milliseconds, "uplink": uplink[0]}


def kernel_section() -> tuple[list[str], dict[str, float]]:
    """The kernels: the section, and those that have a bar, in GB/s."""
    measured = kernels.run()
    rates = {kernel.name: kernel.bytes / kernel.seconds / 1e9 for kernel in measured if kernel.bytes}
    return report.kernels(measured), {f"suite {suite}": rates[f"add_stream/u32/suite{suite}/{IN_CACHE}"] for suite in (1, 2)}


def main() -> None:
    """Measures everything and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, help="repetitions of our own timings (default 7)")
    parser.add_argument("--only", choices=["kernels", "flower", "load"], help="measure one part and print it instead of writing the page")
    arguments = parser.parse_args()
    parts = {
        "kernels": kernel_section,
        "flower": lambda: side_by_side(arguments.repeats),
        "load": lambda: (report.load(*load.run()), {}),
    }
    if arguments.only:
        print("\n".join(parts[arguments.only]()[0]))
        return
    sections = {name: measure() for name, measure in parts.items()}
    reached = {name: value for _, values in sections.values() for name, value in values.items()}
    written = [report.bars(reached), *(sections[name][0] for name in ("flower", "load", "kernels")), report.instructions()]
    report.write(written)
    print("\n".join(line for section in written[:2] for line in section))
    print(f"written: {report.PAGE.relative_to(report.ROOT)}")


if __name__ == "__main__":
    main()

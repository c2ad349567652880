"""psi.json: items as elements, and whole runs."""

from typing import Any

from generator.draw import draw
from generator.psi import INTERSECTION, SIZE, Run, digest_of, element_of


def _items(*numbers: int) -> list[bytes]:
    return [f"item {number}".encode("ascii") for number in numbers]


def _run(name: str, output: int, size: int | None, sets: list[list[bytes]]) -> dict[str, Any]:
    seeds = [draw(f"psi {name} {party}", 32) for party in range(len(sets))]
    run = Run(draw(f"psi {name}", 32), output, size, sets, seeds)
    run.play()
    return {
        "name": name,
        "run": run.run.hex(),
        "output": output,
        "size": size,
        "parties": [
            {
                "items": [item.hex() for item in items],
                "rng_tape": seed.hex(),
                "common": sorted({items.index(item) for item in run.common}) if output == INTERSECTION else None,
            }
            for items, seed in zip(sets, seeds, strict=True)
        ],
        "common": len(run.common),
        "messages": [
            {"round": number, "from": sender, "to": receiver, "message": message.hex()}
            for number, sender, receiver, message in run.messages
        ],
    }


def build() -> dict[str, Any]:
    run = draw("psi elements", 32)
    items = [b"", b"\0", *_items(1, 2), bytes(1000)]
    return {
        "about": "Private set intersection. output: 0 the intersection, 1 its size. A party draws its seed, the rng_tape, and no more.",
        "elements": [
            {
                "run": run.hex(),
                "item": item.hex(),
                "digest": digest_of(run, item).hex(),
                "element": element_of(digest_of(run, item)).encode().hex(),
            }
            for item in items
        ],
        "runs": [
            _run("two", INTERSECTION, None, [_items(3, 1, 4, 1, 5), _items(2, 7, 1, 8, 4)]),
            _run("two size", SIZE, None, [_items(*range(20)), _items(*range(3, 24))]),
            _run("three", INTERSECTION, None, [_items(1, 2, 3, 4), _items(4, 3, 9, 1), [*_items(3, 8, 4), b""]]),
            _run("three size", SIZE, None, [_items(1, 2, 3), _items(3, 2, 9, 1), _items(3, 8, 1, 5, 6)]),
            _run("four padded", SIZE, 6, [_items(1, 2), _items(2, 1, 5), _items(), _items(1)]),
            _run("three padded", INTERSECTION, 5, [_items(1, 2), _items(2, 1, 5), _items(2)]),
        ],
    }

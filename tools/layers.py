"""Checks that core's modules import downwards only: by the floors below, and without cycles.

A module may use modules of lower floors and, where that makes no cycle, of its own. core/src/lib.rs lists the modules under
comments `// Floor N: ...`; the two lists have to agree. Tests may use whatever they compare with.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FLOORS = {
    1: ("error", "ct", "random", "ring", "field", "prime"),
    2: ("kdf", "prg", "agreement", "seal", "fingerprint", "fixed", "group"),
    3: ("mask", "sharing", "hadamard", "gaussian"),
    4: ("privacy", "ot", "psi", "mesh", "mpc"),
    5: ("secagg",),
}
FLOOR_OF = {module: floor for floor, modules in FLOORS.items() for module in modules}

# Names of the crate root that are not modules: re-exports of `error`.
ROOT_NAMES = {"Error": "error", "ErrorKind": "error", "Result": "error"}

ModulePath = tuple[str, ...]


def without_comments_and_tests(source: str) -> str:
    """The source without comments, strings and test modules, so that only real imports are seen."""
    source = re.sub(r"//[^\n]*", "", source)
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    source = re.sub(r'"(?:[^"\\]|\\.)*"', '""', source)
    return re.sub(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{.*\Z", "", source, flags=re.DOTALL)


def expand(tree: str) -> list[ModulePath]:
    """The paths of a use tree: `a::{b, c::{d, e}}` gives a::b, a::c::d, a::c::e."""
    tree = tree.strip()
    brace = tree.find("{")
    if brace < 0:
        name = re.split(r"\s+as\s+", tree)[0]
        return [tuple(part.strip() for part in name.split("::") if part.strip())]
    prefix = tuple(part.strip() for part in tree[:brace].split("::") if part.strip())
    inner = tree[brace + 1 : tree.rindex("}")]
    parts: list[str] = []
    depth, start = 0, 0
    for position, character in enumerate(inner):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            parts.append(inner[start:position])
            start = position + 1
    parts.append(inner[start:])
    return [prefix + path for part in parts if part.strip() for path in expand(part)]


def imports(source: str, here: ModulePath) -> set[ModulePath]:
    """The paths, from the crate root, that a module uses; `here` is the module's own path."""
    source = without_comments_and_tests(source)
    found = [path for tree in re.findall(r"\buse\s+([^;]+);", source) for path in expand(tree)]
    bare = re.sub(r"\buse\s+[^;]+;", "", source)
    found += [tuple(re.split(r"\s*::\s*", path)) for path in re.findall(r"\b(?:crate|super|self)(?:\s*::\s*\w+)+", bare)]
    absolute: set[ModulePath] = set()
    for path in found:
        base: ModulePath
        if path[0] == "crate":
            base, rest = (), path[1:]
        elif path[0] in ("super", "self"):
            base, rest = here, path
            while rest and rest[0] in ("super", "self"):
                base = base[:-1] if rest[0] == "super" else base
                rest = rest[1:]
        else:
            continue
        if base + rest:
            absolute.add(base + rest)
    return absolute


def modules(folder: Path) -> dict[ModulePath, str]:
    """Each module's path from the crate root, with its source."""
    found = {}
    for file in sorted(folder.rglob("*.rs")):
        parts = file.relative_to(folder).with_suffix("").parts
        if parts not in (("lib",), ("tests",)) and parts[-1] != "tests":
            found[parts] = file.read_text(encoding="utf-8")
    return found


def upward(sources: dict[ModulePath, str]) -> tuple[list[str], dict[str, set[str]]]:
    """Imports that go up, and who uses whom among the modules of the crate root."""
    problems: list[str] = []
    uses: dict[str, set[str]] = {}
    for path, source in sources.items():
        module = path[0]
        if module not in FLOOR_OF:
            problems.append(f"{module}: has no floor; add it to tools/layers.py")
            continue
        uses.setdefault(module, set())
        for target_path in imports(source, path):
            target = ROOT_NAMES.get(target_path[0], target_path[0])
            if target == module:
                continue
            if target not in FLOOR_OF:
                problems.append(f"{'::'.join(path)}: uses crate::{target}, which has no floor")
            elif FLOOR_OF[target] > FLOOR_OF[module]:
                problems.append(f"{'::'.join(path)} (floor {FLOOR_OF[module]}) uses {target} (floor {FLOOR_OF[target]})")
            else:
                uses[module].add(target)
    return problems, uses


def inner_uses(sources: dict[ModulePath, str], parent: str) -> dict[str, set[str]]:
    """Who uses whom among the parts of one module, such as secagg's."""
    parts = {path[1] for path in sources if len(path) > 1 and path[0] == parent}
    uses: dict[str, set[str]] = {part: set() for part in parts}
    for path, source in sources.items():
        if len(path) > 1 and path[0] == parent:
            for target in imports(source, path):
                if len(target) > 1 and target[0] == parent and target[1] in parts and target[1] != path[1]:
                    uses[path[1]].add(target[1])
    return uses


def cycle(uses: dict[str, set[str]]) -> list[str]:
    """A cycle among these uses, or nothing."""
    finished: set[str] = set()

    def visit(module: str, trail: list[str]) -> list[str]:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in finished:
            return []
        for target in sorted(uses.get(module, ())):
            found = visit(target, [*trail, module])
            if found:
                return found
        finished.add(module)
        return []

    for module in sorted(uses):
        found = visit(module, [])
        if found:
            return found
    return []


def listed_floors(library: str) -> dict[str, int]:
    """The floors that the comments of lib.rs give."""
    floors = {}
    floor = 0
    for line in library.splitlines():
        heading = re.match(r"// Floor (\d+)", line)
        declaration = re.match(r"(?:pub(?:\([a-z]+\))? )?mod (\w+);", line)
        if heading:
            floor = int(heading[1])
        elif declaration:
            floors[declaration[1]] = floor
    return floors


def check(folder: Path) -> tuple[int, list[str]]:
    """How many checks were made, and what is wrong."""
    sources = modules(folder)
    problems, uses = upward(sources)
    for module, floor in listed_floors((folder / "lib.rs").read_text(encoding="utf-8")).items():
        if FLOOR_OF.get(module) != floor:
            problems.append(f"lib.rs lists {module} on floor {floor}, tools/layers.py on {FLOOR_OF.get(module)}")
    found = cycle(uses)
    if found:
        problems.append("cycle: " + " -> ".join(found))
    parents = sorted({path[0] for path in sources if len(path) > 1})
    for parent in parents:
        found = cycle(inner_uses(sources, parent))
        if found:
            problems.append(f"cycle in {parent}: " + " -> ".join(found))
    return len(sources) + len(parents) + 2, problems


def main() -> int:
    """Prints what is wrong; 0 when nothing is."""
    checks, problems = check(Path(__file__).resolve().parent.parent / "core" / "src")
    for problem in problems:
        print(problem)
    print(f"{max(0, checks - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

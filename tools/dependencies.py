"""Checks every crate that is built: licence, minimum Rust version, one version each; writes THIRD-PARTY.md.

The licences allowed are those of deny.toml. `python3 tools/dependencies.py` checks, `... write` writes THIRD-PARTY.md anew.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTICE = ROOT / "THIRD-PARTY.md"
# Each lock file has a workspace of its own; only the first one's crates reach users.
MANIFESTS = ("Cargo.toml", "benchmarks/rust/Cargo.toml", "tests/Cargo.toml", "fuzz/Cargo.toml", "examples/embedded/rust/Cargo.toml")
# Where the libraries are built for; a crate that only other platforms need is not shipped.
PLATFORMS = (
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "thumbv7em-none-eabi",
    "thumbv6m-none-eabi",
)

# What comes in two versions, and why that has to be.
TWICE = {
    "getrandom": "ring, under the TLS of the mesh, asks for 0.2; it draws keys for one session and nothing else",
    "windows-sys": "ring and mio declare other versions of the same system's functions",
}

INTRODUCTION = """\
# Third-party software

Written by `make third-party` from Cargo.lock; `make test` compares.

Crates marked *shipped* are part of the compiled libraries (on some platform); *build* and *test* crates only run while building or
testing. The licence texts of the shipped ones follow the table. Python packages are dependencies that the user installs, not parts of
what we ship; they are listed in [docs/decisions/0002-dependencies.md](docs/decisions/0002-dependencies.md).
"""


@dataclass(frozen=True)
class Crate:
    """A crate of the lock file, and what it takes part in."""

    name: str
    version: str
    licence: str
    rust_version: str | None
    repository: str
    folder: Path
    use: str

    @cached_property
    def licence_files(self) -> list[Path]:
        """Its licence texts, the MIT one alone where there is a choice of it."""
        files = sorted(p for p in self.folder.iterdir() if re.match(r"(?i)(licen[sc]e|copying|notice)", p.name) and p.is_file())
        mit = [path for path in files if "mit" in path.name.lower()]
        return mit if mit and " OR " in self.licence else files


def metadata(manifest: Path, *arguments: str) -> dict[str, Any]:
    """What cargo says about a workspace; it downloads missing crates of the lock file first."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features", "--manifest-path", str(manifest), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


def reachable(nodes: dict[str, Any], roots: Iterable[str], kinds: tuple[str | None, ...], without: set[str]) -> set[str]:
    """Packages reached from the roots over dependencies of these kinds (None is the normal one), not through `without`."""
    found: set[str] = set()
    todo = list(roots)
    while todo:
        for dependency in nodes[todo.pop()]["deps"]:
            package = dependency["pkg"]
            if package not in found | without and any(kind["kind"] in kinds for kind in dependency["dep_kinds"]):
                found.add(package)
                todo.append(package)
    return found


def shipped_and_build(manifest: Path) -> tuple[set[str], set[str]]:
    """The packages that end up in the libraries on some platform, and those that building the libraries needs."""
    shipped: set[str] = set()
    build: set[str] = set()
    for platform in PLATFORMS:
        data = metadata(manifest, "--filter-platform", platform)
        nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
        # A procedural macro runs in the compiler and leaves nothing of itself in the library.
        macros = {p["id"] for p in data["packages"] if any("proc-macro" in target["kind"] for target in p["targets"])}
        shipped |= reachable(nodes, data["workspace_members"], (None,), macros)
        build |= reachable(nodes, data["workspace_members"], (None, "build"), set())
    return shipped, build


def crates(manifest: Path) -> list[Crate]:
    """The foreign crates of a workspace, sorted by name."""
    shipped, build = shipped_and_build(manifest) if manifest.parent == ROOT else (set(), set())
    found = []
    for package in metadata(manifest)["packages"]:
        if package["source"] is None:
            continue
        use = "shipped" if package["id"] in shipped else "build" if package["id"] in build else "test"
        found.append(
            Crate(
                package["name"],
                package["version"],
                (package["license"] or "unstated").replace("/", " OR "),
                package["rust_version"],
                package["repository"] or "",
                Path(package["manifest_path"]).parent,
                use,
            )
        )
    return sorted(found, key=lambda crate: (crate.name, crate.version))


def every_crate() -> list[Crate]:
    """The crates of all workspaces, once each, with the most far-reaching use."""
    order = ("shipped", "build", "test")
    found: dict[tuple[str, str], Crate] = {}
    for name in MANIFESTS:
        manifest = ROOT / name
        if not manifest.is_file():
            continue
        for crate in crates(manifest):
            key = (crate.name, crate.version)
            if key not in found or order.index(crate.use) < order.index(found[key].use):
                found[key] = crate
    return sorted(found.values(), key=lambda crate: (crate.name, crate.version))


def allowed(expression: str, licences: set[str]) -> bool:
    """Whether an SPDX expression of AND, OR, WITH and brackets can be met with the allowed licences."""
    words = re.findall(r"\(|\)|[^\s()]+", expression)
    position = 0

    def term() -> bool:
        nonlocal position
        word = words[position]
        position += 1
        if word == "(":
            value = either()
            position += 1
            return value
        if position + 1 < len(words) and words[position] == "WITH":
            word = f"{word} WITH {words[position + 1]}"
            position += 2
        return word in licences

    def both() -> bool:
        nonlocal position
        value = term()
        while position < len(words) and words[position] == "AND":
            position += 1
            value = term() and value
        return value

    def either() -> bool:
        nonlocal position
        value = both()
        while position < len(words) and words[position] == "OR":
            position += 1
            value = both() or value
        return value

    return either()


def release(version: str) -> tuple[int, ...]:
    """1.89 as a tuple of three numbers that compare."""
    numbers = [int(part) for part in version.split(".")]
    return (*numbers, *[0] * (3 - len(numbers)))


def notice(found: list[Crate]) -> str:
    """The text of THIRD-PARTY.md."""
    rows = ["| crate | version | licence | use | source |", "| --- | --- | --- | --- | --- |"]
    rows += [f"| {c.name} | {c.version} | {c.licence} | {c.use} | {c.repository} |" for c in found]
    texts: dict[str, list[str]] = {}
    for crate in found:
        if crate.use == "shipped":
            for path in crate.licence_files:
                body = "\n".join(line.rstrip() for line in path.read_text(encoding="utf-8").strip().splitlines())
                texts.setdefault(body, []).append(crate.name)
    parts = [INTRODUCTION, "\n".join(rows), "\n## Licence texts of the shipped crates"]
    for body, names in sorted(texts.items(), key=lambda item: item[1]):
        parts.append(f"\n### {', '.join(names)}\n\n````text\n{body}\n````")
    return "\n".join(parts) + "\n"


def check(found: list[Crate]) -> tuple[int, list[str]]:
    """How many checks were made, and what is wrong."""
    problems = []
    licences = set(tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))["licenses"]["allow"])
    minimum = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["rust-version"]
    for crate in found:
        if not allowed(crate.licence, licences):
            problems.append(f"{crate.name} {crate.version}: licence {crate.licence} is not in deny.toml")
        if crate.use != "test" and crate.rust_version and release(crate.rust_version) > release(minimum):
            problems.append(f"{crate.name} {crate.version}: needs Rust {crate.rust_version}, we promise {minimum}")
        if crate.use == "shipped" and not crate.licence_files:
            problems.append(f"{crate.name} {crate.version}: carries no licence text")
    shipped = [crate.name for crate in found if crate.use == "shipped"]
    problems += [f"{name}: shipped in more than one version" for name in sorted(set(shipped) - set(TWICE)) if shipped.count(name) > 1]
    # Another version in another lock file would mean that what is fuzzed or run under valgrind is not what is shipped.
    problems += [
        f"{crate.name} {crate.version}: shipped in another version"
        for crate in found
        if crate.use == "test" and crate.name in shipped and crate.name not in TWICE
    ]
    if not NOTICE.is_file() or NOTICE.read_text(encoding="utf-8") != notice(found):
        problems.append("THIRD-PARTY.md is not up to date: run make third-party")
    return 2 * len(found) + len(shipped) + 1, problems


def main() -> int:
    """Checks, or writes the notice."""
    found = every_crate()
    if sys.argv[1:] == ["write"]:
        NOTICE.write_text(notice(found), encoding="utf-8")
        return 0
    checks, problems = check(found)
    for problem in problems:
        print(problem)
    unstated = sorted(f"{c.name} {c.version}" for c in found if c.use != "test" and not c.rust_version)
    print(f"no minimum Rust version stated by: {', '.join(unstated) or 'none'}")
    print(f"{max(0, checks - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

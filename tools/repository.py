"""Checks of the text of the repository: no machine's paths, no unfinished marks, no file that holds too much, one version number.

Only files that git knows are read.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Folders of one machine or one person, and package sources other than the public registries.
MACHINE = re.compile(r"(?<![\w.}])/(?:work|root|home/\w+|Users/\w+|tmp/[\w-]+)/|--(?:extra-)?index-ur[l]|--find-link[s]|replace-wit[h]\s*=")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b|\b(?:unimplement[e]d|tod[o]|db[g])!|\bNotImplement[e]dError\b")
SOURCE_SUFFIXES = {".rs", ".py", ".c", ".h", ".hpp", ".cpp", ".sh", ".js"}
# Generated files, vectors and licences are as long as they have to be.
UNLIMITED = re.compile(r"^(?:include/|tests/vectors/|core/tests/data/|THIRD-PARTY\.md|.*/requirements[\w-]*\.txt$)")
LONGEST_SOURCE_LINES = 600
# Cargo.lock and vectors hold names and bytes that are not ours to choose.
UNREAD = re.compile(r"(?:^|/)Cargo\.lock$|^tests/vectors/.*\.json$|^THIRD-PARTY\.md$|^fuzz/corpus/")


def known_files() -> list[str]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


def text_problems(name: str, text: str) -> list[str]:
    """What is wrong in one file."""
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE.search(line):
            problems.append(f"{name}:{number}: names a path or a package source of one machine")
        if UNFINISHED.search(line):
            problems.append(f"{name}:{number}: unfinished")
    if Path(name).suffix in SOURCE_SUFFIXES and not UNLIMITED.search(name):
        lines = text.count("\n")
        if lines > LONGEST_SOURCE_LINES:
            problems.append(f"{name}: {lines} lines; one concept a file, at most {LONGEST_SOURCE_LINES}")
    return problems


def check_text() -> tuple[int, list[str]]:
    """Reads every known text file."""
    problems: list[str] = []
    read = 0
    for name in known_files():
        if UNREAD.search(name):
            continue
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        read += 1
        problems += text_problems(name, text)
    return read, problems


def versions() -> dict[str, str]:
    """The version number in every place that carries one."""
    found = {}
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    found["Cargo.toml [workspace.package]"] = workspace["package"]["version"]
    for name, dependency in workspace["dependencies"].items():
        if isinstance(dependency, dict) and "path" in dependency:
            found[f"Cargo.toml [workspace.dependencies] {name}"] = dependency["version"]
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout)
    for package in metadata["packages"]:
        found[f"crate {package['name']}"] = package["version"]
    header = ROOT / "include" / "cloakwork.h"
    if header.is_file():
        text = header.read_text(encoding="utf-8")
        parts = [re.search(rf"#define CLOAK_VERSION_{part}\s+(\d+)", text) for part in ("MAJOR", "MINOR", "PATCH")]
        found["include/cloakwork.h"] = ".".join(part[1] if part else "missing" for part in parts)
    wheel = ROOT / "bindings" / "python" / "pyproject.toml"
    if wheel.is_file():
        project = tomllib.loads(wheel.read_text(encoding="utf-8"))["project"]
        if "version" in project:
            found["bindings/python/pyproject.toml"] = project["version"]
    description = re.search(r"^Version: (\S+)", (ROOT / "bindings" / "r" / "DESCRIPTION").read_text(encoding="utf-8"), re.MULTILINE)
    found["bindings/r/DESCRIPTION"] = description[1] if description else "missing"
    changelog = re.search(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    found["CHANGELOG.md"] = changelog[1] if changelog else "missing"
    return found


def check_versions() -> tuple[int, list[str]]:
    """All the same number as the workspace's."""
    found = versions()
    expected = found["Cargo.toml [workspace.package]"]
    problems = [f"{place}: version {version}, not {expected}" for place, version in found.items() if version != expected]
    return len(found), problems


def main() -> int:
    """Prints what is wrong; 0 when nothing is."""
    checks, problems = 0, []
    for check in (check_text, check_versions):
        made, wrong = check()
        checks += made
        problems += wrong
    for problem in problems:
        print(problem)
    print(f"{max(0, checks - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

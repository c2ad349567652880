"""Checks the C ABI from outside: the header in every language version, the exported symbols, the shared library's name, sizes.

`python3 tests/abi/check.py` builds what it needs. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
HEADER = ROOT / "include" / "cloakwork.h"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Wshadow", "-Wstrict-prototypes", "-Werror")
LANGUAGES = (("c", ("c99", "c11", "c17")), ("c++", ("c++11", "c++17", "c++20")))
BARE_METAL = ("thumbv6m-none-eabi", "thumbv7em-none-eabi")
# What a program needs that links the static library (`rustc --print native-static-libs`).
SYSTEM_LIBRARIES = ("-lpthread", "-ldl", "-lm")


class Failure(Exception):
    """A check did not hold."""


def run(*command: str | Path) -> str:
    """The output of a command, which must succeed."""
    result = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    if result.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def cargo(*arguments: str) -> None:
    run("cargo", arguments[0], "--locked", "--package", "cloakwork-ffi", *arguments[1:])


def version() -> tuple[str, str, str]:
    """The version in Cargo.toml."""
    found = re.search(r'^version = "(\d+)\.(\d+)\.(\d+)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise Failure("Cargo.toml states no version")
    return found[1], found[2], found[3]


def soname() -> str:
    """The name by which the loader looks for the shared library."""
    found = re.search(r"\(SONAME\).*\[(.*)\]", run("readelf", "-d", TARGET / "release" / "libcloakwork.so"))
    return found[1] if found else ""


def declared() -> set[str]:
    """The functions of the header."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    return set(re.findall(r"\b(cloak_\w+)\(", text))


def listed() -> set[str]:
    """The committed list of symbols."""
    return set((ROOT / "ffi" / "symbols.txt").read_text(encoding="utf-8").split())


def exported(library: Path, *options: str) -> set[str]:
    """The symbols that a library defines for others."""
    lines = (line.split() for line in run("nm", "--defined-only", "--extern-only", *options, library).splitlines())
    return {words[2] for words in lines if len(words) == 3}


def same(what: str, found: set[str], expected: set[str]) -> None:
    if found != expected:
        raise Failure(f"{what}: missing {sorted(expected - found)}, not expected {sorted(found - expected)}")


def header_compiles(language: str, standard: str) -> None:
    """The header alone is a program of this standard, and `#if` sees its version."""
    major, minor, patch = version()
    abi = re.search(r"\.so\.(\d+)$", soname())
    expected = {"MAJOR": major, "MINOR": minor, "PATCH": patch, "ABI": abi[1] if abi else "-1"}
    defines = [f"-DEXPECTED_{name}={value}" for name, value in expected.items()]
    strict = [flag for flag in STRICT if language == "c" or flag != "-Wstrict-prototypes"]
    compiler = "cc" if language == "c" else "c++"
    run(compiler, "-x", language, f"-std={standard}", *strict, *defines, f"-I{HEADER.parent}", "-fsyntax-only", HERE / "header.c")


def program(source: str, *, static: bool) -> None:
    """A C program of this folder, linked with the library, succeeds."""
    folder = TARGET / "release"
    with tempfile.TemporaryDirectory() as scratch:
        binary = Path(scratch) / "program"
        library = [folder / "libcloakwork.a", *SYSTEM_LIBRARIES] if static else [f"-L{folder}", "-lcloakwork"]
        run("cc", "-std=c99", *STRICT, f"-I{HEADER.parent}", HERE / source, "-o", binary, *library)
        if not static:
            (Path(scratch) / soname()).symlink_to(folder / "libcloakwork.so")
        run("env", f"LD_LIBRARY_PATH={scratch}", binary)


def every_size_has_both_forms() -> None:
    """constants.c compares each size macro of the header."""
    macros = set(re.findall(r"^#define (CLOAK_(?:\w*_SIZE\w*|MAX_\w+|ALIGN)) ", HEADER.read_text(encoding="utf-8"), re.MULTILINE))
    compared = set(re.findall(r'same\("(CLOAK_\w+)"', (HERE / "constants.c").read_text(encoding="utf-8")))
    same("sizes compared by constants.c", compared & macros, macros)


def every_entry_is_guarded() -> None:
    """The body of each function that takes a pointer runs within the boundary."""
    for path in sorted((ROOT / "ffi" / "src").rglob("*.rs")):
        source = path.read_text(encoding="utf-8")
        for found in re.finditer(r'extern "C" fn (\w+)\((.*?)\)(?: -> [^{]+)? \{(.*?)\n\}', source, re.DOTALL):
            name, arguments, body = found.groups()
            passed_on = re.fullmatch(r"\s*// SAFETY:[^\n]*\s*unsafe \{ list\(.*\) \}", body, re.DOTALL)
            if "*" in arguments and "boundary(|| " not in body and not passed_on:
                raise Failure(f"{path.name}: {name} does not run within the boundary")


def bare_metal(target: str) -> None:
    """The library for a microcontroller has a part of the symbols, no heap, and asks the application for one thing."""
    cargo("rustc", "--no-default-features", "--profile", "size", "--target", target, "--crate-type", "staticlib")
    library = TARGET / target / "size" / "libcloakwork.a"
    ours = {symbol for symbol in exported(library) if symbol.startswith("cloak_")}
    same(f"{target}: symbols beyond the list", ours - listed(), set())
    if not {"cloak_client_init", "cloak_client_mask_chunk", "cloak_identity_init"} <= ours:
        raise Failure(f"{target}: the client is not there")
    heap = {symbol for symbol in ours if symbol.endswith(("_new", "_free"))}
    same(f"{target}: heap functions", heap, set())
    wanted = {line.split()[-1] for line in run("nm", "--undefined-only", library).splitlines() if " U " in line}
    if "cloak_on_panic" not in wanted:
        raise Failure(f"{target}: the application is not told of a panic")
    same(f"{target}: allocator", {symbol for symbol in wanted if re.search(r"malloc|rust_alloc|__rg_alloc", symbol)}, set())


def main() -> int:
    """Runs every check."""
    checks = [("build", lambda: cargo("build", "--release"))]
    for language, standards in LANGUAGES:
        checks += [(f"header as {s}", lambda language=language, s=s: header_compiles(language, s)) for s in standards]
    checks += [
        ("symbols in the header", lambda: same("header", declared(), listed())),
        ("symbols of the shared library", lambda: same("library", exported(TARGET / "release" / "libcloakwork.so", "--dynamic"), listed())),
        ("name of the shared library", lambda: same("soname", {soname()}, {"libcloakwork.so.0"})),
        ("sizes have both forms", every_size_has_both_forms),
        ("sizes agree, shared library", lambda: program("constants.c", static=False)),
        ("sizes agree, static library", lambda: program("constants.c", static=True)),
        ("entries are guarded", every_entry_is_guarded),
    ]
    checks += [(f"bare metal {target}", lambda target=target: bare_metal(target)) for target in BARE_METAL]
    failed = 0
    for name, check in checks:
        try:
            check()
        except Failure as failure:
            failed += 1
            print(f"{name}: {failure}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

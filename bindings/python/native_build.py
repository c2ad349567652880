"""From include/cloakwork.h and libcloakwork to `cloakwork._native`.

cffi's API mode compiles a small C module against the header, so the compiler checks every declaration that Python uses. The
library is linked statically: the package has no shared library of its own to find at run time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from cffi import FFI

HERE = Path(__file__).resolve().parent
# The name under which a source distribution carries the Rust workspace.
CARRIED = "rust"
WORKSPACE = HERE / CARRIED if (HERE / CARRIED).is_dir() else HERE.parent.parent
HEADER = WORKSPACE / "include" / "cloakwork.h"
PACKAGE = "cloakwork-ffi"

# What of a crate's folder is no source.
NOT_SOURCES = shutil.ignore_patterns("target", "__pycache__", ".*", "*.profraw")


class Library(NamedTuple):
    """The static library and what a program that links it needs besides."""

    path: Path
    libraries: list[str]
    link_arguments: list[str]


def build_library(temporary: Path) -> Library:
    """Builds the static library with cargo, into CARGO_TARGET_DIR or, without it, a folder below `temporary`."""
    command = [
        *(_cargo(), "rustc", "--locked", "--release", "--package", PACKAGE, "--lib", "--crate-type", "staticlib"),
        *("--message-format", "json-render-diagnostics"),
    ]
    target = os.environ.get("CARGO_TARGET_DIR")
    if not target:
        command += ["--target-dir", str((temporary / "cargo").resolve())]
    # rustc names the system libraries that the standard library needs on this platform.
    command += ["--", "--print", "native-static-libs"]
    finished = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=False)
    sys.stderr.write(finished.stderr)
    if finished.returncode != 0:
        sys.exit(f"cargo could not build {PACKAGE}: it ended with {finished.returncode}")
    libraries, arguments = _native_libraries(finished.stderr)
    return Library(_static_library(finished.stdout), libraries, arguments)


def _cargo() -> str:
    cargo = os.environ.get("CARGO") or shutil.which("cargo")
    if cargo is None:
        sys.exit("cloakwork is built from Rust sources and found no cargo; install Rust (https://rustup.rs) and try again")
    return cargo


def _static_library(output: str) -> Path:
    """The static library among the artefacts that cargo reports."""
    for line in output.splitlines():
        message = json.loads(line)
        if message.get("reason") != "compiler-artifact" or "staticlib" not in message["target"]["crate_types"]:
            continue
        for name in message["filenames"]:
            if name.endswith((".a", ".lib")):
                return Path(name)
    sys.exit(f"cargo reported no static library of {PACKAGE}")


def _native_libraries(messages: str) -> tuple[list[str], list[str]]:
    """Splits rustc's line of native libraries into names and other arguments of the linker."""
    noted = re.search(r"native-static-libs: *(.*)", messages)
    libraries: list[str] = []
    arguments: list[str] = []
    for word in noted[1].split() if noted else []:
        if word.startswith("-l"):
            libraries.append(word[2:])
        elif word.endswith(".lib"):
            libraries.append(word[:-4])
        else:
            arguments.append(word)
    return list(dict.fromkeys(libraries)), arguments


def link_arguments() -> list[str]:
    """Keeps the library's symbols inside the module: another copy in the same process never meets them."""
    return ["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"] if sys.platform.startswith("linux") else []


def copy_workspace(destination: Path) -> None:
    """Copies what cargo needs of the workspace: manifests, lock file, the members' folders and the header."""
    destination.mkdir()
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copyfile(WORKSPACE / name, destination / name)
    shutil.copytree(HEADER.parent, destination / HEADER.parent.name)
    for member in _members():
        shutil.copytree(member, destination / member.relative_to(WORKSPACE), ignore=NOT_SOURCES)


def _members() -> list[Path]:
    """The folders of the workspace's crates; the lock file is valid only for all of them."""
    command = [_cargo(), "metadata", "--locked", "--no-deps", "--format-version", "1"]
    found = subprocess.run(command, cwd=WORKSPACE, stdout=subprocess.PIPE, text=True, check=True)
    return [Path(package["manifest_path"]).parent for package in json.loads(found.stdout)["packages"]]


def declarations(header: str) -> str:
    """The header in the form that cffi reads: without comments, preprocessor and C++.

    Conditions are decided as by a C99 compiler; a condition of another form than the ones below stops the build.
    """
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    text = re.sub(r"//[^\n]*", "", text).replace("\\\n", " ")
    lines: list[str] = []
    kept = [True]
    for line in text.splitlines():
        directive = re.match(r"\s*#\s*(\w+)\s*(.*?)\s*$", line)
        if directive is None:
            if kept[-1]:
                lines.append(line)
            continue
        word, rest = directive.groups()
        if word in {"if", "ifdef", "ifndef"}:
            kept.append(kept[-1] and _holds(word, rest))
        elif word == "else":
            kept[-1] = kept[-2] and not kept[-1]
        elif word == "endif":
            kept.pop()
        elif word == "define":
            lines += _constant(rest) if kept[-1] else []
        elif word != "include":
            sys.exit(f"{HEADER.name}: a directive that this build does not read: #{word}")
    return re.sub(r"\n{2,}", "\n", "\n".join(lines).replace("CLOAK_MUST_USE", "")).strip() + "\n"


def _holds(word: str, condition: str) -> bool:
    """Whether a conditional of the header holds in C99 outside C++."""
    if word == "ifdef":
        condition = f"defined({condition})"
    elif word == "ifndef":
        condition = f"!defined({condition})"
    text = re.sub(r"!\s*defined\s*\(?\s*(\w+)\s*\)?", " True ", condition)
    text = re.sub(r"defined\s*\(?\s*(\w+)\s*\)?", " False ", text)
    text = re.sub(r"\b__STDC_VERSION__\b", "199901", text)
    text = re.sub(r"\b__cplusplus\b", "0", text)
    text = re.sub(r"(\d)[uUlL]+\b", r"\1", text).replace("||", " or ").replace("&&", " and ")
    if not re.fullmatch(r"[\d\s()<>=]*(?:(?:True|False|or|and)[\d\s()<>=]*)*", text):
        sys.exit(f"{HEADER.name}: a condition that this build does not read: {condition}")
    return bool(eval(text))  # noqa: S307 - numbers, comparisons and the words above only


def _constant(definition: str) -> list[str]:
    """A macro as cffi takes it: with its number, which the compiler then compares; strings and functions are left out."""
    number = re.fullmatch(r"([A-Z]\w*)\s+\(?(\d+|0x[0-9a-fA-F]+)[uUlL]*\)?", definition)
    return [f"#define {number[1]} {number[2]}"] if number else []


ffibuilder = FFI()
ffibuilder.set_source("cloakwork._native", '#include "cloakwork.h"\n', include_dirs=[str(HEADER.parent)])
ffibuilder.cdef(declarations(HEADER.read_text(encoding="utf-8")))

"""Builds the C library and installs it: `make install PREFIX=/usr/local DESTDIR=`.

Headers for C and C++, shared library with its links, static library, pkg-config and CMake files, licences. DESTDIR goes before every path
where files are written and into none that is written into a file, as packagers expect.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
HEADER = ROOT / "include" / "cloakwork.h"
CPP = ROOT / "bindings" / "cpp" / "include"
NOTICES = ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md")
POINTER_BYTES = {"32": "4", "64": "8"}


class InstallError(Exception):
    """The library cannot be built or installed."""


@dataclass(frozen=True)
class Built:
    """The libraries, and what a program has to link besides the static one."""

    folder: Path
    private_libraries: tuple[str, ...]


@dataclass(frozen=True)
class Folders:
    """Where files are found once they are installed."""

    prefix: Path
    include: Path
    lib: Path

    @property
    def cmake(self) -> Path:
        """Where CMake looks for packages."""
        return self.lib / "cmake" / "cloakwork"

    @property
    def pkg_config(self) -> Path:
        """Where pkg-config looks."""
        return self.lib / "pkgconfig"

    @property
    def notices(self) -> Path:
        """Licences of what is in the libraries."""
        return self.prefix / "share" / "doc" / "cloakwork"


def header_number(name: str) -> str:
    """A number that the header defines."""
    found = re.search(rf"^#define {name} (\d+)$", HEADER.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise InstallError(f"{HEADER.name} does not define {name}")
    return found[1]


def version() -> str:
    """The version of the header."""
    return ".".join(header_number(f"CLOAK_VERSION_{part}") for part in ("MAJOR", "MINOR", "PATCH"))


def rustc(*arguments: str) -> str:
    """What the compiler says about itself."""
    return subprocess.run(["rustc", *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


def build() -> Built:
    """Both libraries in release; the compiler tells which system libraries the static one needs."""
    libraries = ("--crate-type", "cdylib,staticlib")
    command = [
        "cargo",
        "rustc",
        "--locked",
        "--release",
        "--package",
        "cloakwork-ffi",
        "--lib",
        *libraries,
        "--",
        "--print",
        "native-static-libs",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise InstallError(result.stderr)
    said = re.search(r"native-static-libs: (.*)", result.stderr)
    if said is None:
        raise InstallError("the compiler did not say which libraries the static library needs")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return Built(folder=ROOT / target / "release", private_libraries=without_repeats(said[1].split()))


def without_repeats(flags: list[str]) -> tuple[str, ...]:
    """Each flag once, at its last place: a library comes after those that need it."""
    return tuple(reversed(dict.fromkeys(reversed(flags))))


def under(path: Path, prefix: Path, variable: str) -> str:
    """A path for a .pc file, in terms of its prefix where it can be."""
    return f"${{{variable}}}/{path.relative_to(prefix)}" if path.is_relative_to(prefix) else str(path)


def values(folders: Folders, built: Built) -> dict[str, dict[str, str]]:
    """What the templates ask for, by template."""
    number, abi = version(), header_number("CLOAK_ABI_VERSION")
    pointer = re.search(r'target_pointer_width="(\d+)"', rustc("--print", "cfg"))
    url = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["repository"]
    return {
        "cloakwork.pc": {
            "version": number,
            "url": url,
            "prefix": str(folders.prefix),
            "libdir": under(folders.lib, folders.prefix, "exec_prefix"),
            "includedir": under(folders.include, folders.prefix, "prefix"),
            "private_libraries": " ".join(built.private_libraries),
        },
        "cloakwork-config.cmake": {
            "version": number,
            "up_to_prefix": os.path.relpath(folders.prefix, folders.cmake),
            "includedir": os.path.relpath(folders.include, folders.prefix),
            "libdir": os.path.relpath(folders.lib, folders.prefix),
            "soname": f"libcloakwork.so.{abi}",
            "shared_library": f"libcloakwork.so.{number}",
            "cmake_private_libraries": ";".join(flag.removeprefix("-l") for flag in built.private_libraries),
        },
        "cloakwork-config-version.cmake": {
            "version": number,
            "major": number.split(".")[0],
            "pointer_bytes": POINTER_BYTES[pointer[1]] if pointer else "8",
        },
    }


def fill(template: str, given: dict[str, str]) -> str:
    """A template with its values; a name that has none, and a value that is not asked for, are mistakes."""
    asked = set(re.findall(r"@(\w+)@", template))
    if asked != set(given):
        raise InstallError(f"a template asks for {sorted(asked)} and is given {sorted(given)}")
    return re.sub(r"@(\w+)@", lambda name: given[name[1]], template)


def staged(destination: str, path: Path) -> Path:
    """Where a file is written that will be found at `path`."""
    return Path(f"{destination}{path}") if destination else path


def copy(source: Path, destination: Path, mode: int = 0o644) -> None:
    """Replaces a file at once, so that a program that runs keeps the library it has loaded."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    unfinished = destination.with_name(f".{destination.name}.unfinished")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(mode)
    unfinished.replace(destination)


def link(path: Path, target: str) -> None:
    """A symbolic link, instead of whatever was there."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def install(folders: Folders, destination: str, built: Built) -> None:
    """Puts everything where it belongs."""
    number, abi = version(), header_number("CLOAK_ABI_VERSION")
    copy(HEADER, staged(destination, folders.include / HEADER.name))
    for header in sorted(CPP.rglob("*.hpp")):
        copy(header, staged(destination, folders.include / header.relative_to(CPP)))
    lib = staged(destination, folders.lib)
    shared = f"libcloakwork.so.{number}"
    copy(built.folder / "libcloakwork.so", lib / shared, 0o755)
    link(lib / f"libcloakwork.so.{abi}", shared)
    link(lib / "libcloakwork.so", f"libcloakwork.so.{abi}")
    copy(built.folder / "libcloakwork.a", lib / "libcloakwork.a")
    for name, given in values(folders, built).items():
        folder = staged(destination, folders.pkg_config if name.endswith(".pc") else folders.cmake)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(fill((PACKAGING / f"{name}.in").read_text(encoding="utf-8"), given), encoding="utf-8")
    for notice in NOTICES:
        copy(ROOT / notice, staged(destination, folders.notices / notice))


def main() -> int:
    """Builds, installs, says where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", default="/usr/local", help="where everything will be found")
    parser.add_argument("--destdir", default="", help="goes before every path where a file is written")
    parser.add_argument("--libdir", default="lib", help="folder of libraries, below the prefix or absolute")
    parser.add_argument("--includedir", default="include", help="folder of headers, below the prefix or absolute")
    given = parser.parse_args()
    prefix = Path(given.prefix)
    if not prefix.is_absolute():
        parser.error(f"the prefix has to be an absolute path, and {given.prefix} is not")
    folders = Folders(prefix=prefix, include=prefix / given.includedir, lib=prefix / given.libdir)
    try:
        install(folders, given.destdir, build())
    except (InstallError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"installed cloakwork {version()} to {staged(given.destdir, prefix)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

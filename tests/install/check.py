"""Installs the C library into a temporary folder and builds programs outside of this repository against it.

`python3 tests/install/check.py` builds what it needs. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
CPP = ROOT / "bindings" / "cpp" / "include"
SONAME = "libcloakwork.so.0"
C = ("cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")


class Failure(Exception):
    """A check did not hold."""


def run(*command: str | Path, folder: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """The output of a command, which must succeed."""
    words = [str(part) for part in command]
    given = {**os.environ, **(environment or {})}
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=1200, check=False, env=given)
    if result.returncode != 0:
        raise Failure(f"{' '.join(words)}\n{result.stdout}{result.stderr}")
    return result.stdout


def refused(*command: str | Path) -> str:
    """What a command says that must not succeed."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, check=False)
    if result.returncode == 0:
        raise Failure(f"succeeded: {' '.join(map(str, command))}")
    return result.stdout + result.stderr


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Failure(what)


def version() -> str:
    """The version in Cargo.toml."""
    found = re.search(r'^version = "([\d.]+)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise Failure("Cargo.toml states no version")
    return found[1]


def make_install(**variables: Path | str) -> None:
    run("make", "--silent", "install", *(f"{name}={value}" for name, value in variables.items()))


def needed(program: Path) -> set[str]:
    """The shared libraries that a program asks the loader for."""
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", program)))


class Installation:
    """What is under a prefix, and how others find it there."""

    def __init__(self, prefix: Path, lib: str = "lib") -> None:
        self.prefix = prefix
        self.lib = prefix / lib

    def pkg_config(self, *options: str) -> list[str]:
        search = {"PKG_CONFIG_LIBDIR": str(self.lib / "pkgconfig"), "PKG_CONFIG_PATH": ""}
        return run("pkg-config", *options, "cloakwork", environment=search).split()

    def works(self, program: Path, *, shared: bool) -> None:
        """The program runs, and has the library inside or outside of it as it should."""
        require((SONAME in needed(program)) == shared, f"{program.name} needs {sorted(needed(program))}")
        path = str(self.lib) if shared else ""
        said = run(program, folder=program.parent, environment={"LD_LIBRARY_PATH": path})
        require(said.startswith(f"{version()} cw1-"), f"{program.name} said {said}")


def files(installation: Installation) -> None:
    """Every file is there, and links lead from the names for the linker and the loader to the library."""
    lib, number = installation.lib, version()
    require(str((lib / "libcloakwork.so").readlink()) == SONAME, "the linker's name")
    require(str((lib / SONAME).readlink()) == f"libcloakwork.so.{number}", "the loader's name")
    require(f"[{SONAME}]" in run("readelf", "-d", lib / "libcloakwork.so"), "the library's own name")
    expected = {
        "include/cloakwork.h",
        *(f"include/{path.relative_to(CPP)}" for path in CPP.rglob("*.hpp")),
        "lib/libcloakwork.a",
        "lib/libcloakwork.so",
        f"lib/{SONAME}",
        f"lib/libcloakwork.so.{number}",
        "lib/pkgconfig/cloakwork.pc",
        "lib/cmake/cloakwork/cloakwork-config.cmake",
        "lib/cmake/cloakwork/cloakwork-config-version.cmake",
        *(f"share/doc/cloakwork/{name}" for name in ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md")),
    }
    found = {str(path.relative_to(installation.prefix)) for path in installation.prefix.rglob("*") if not path.is_dir()}
    require(found == expected, f"missing {sorted(expected - found)}, not expected {sorted(found - expected)}")


def with_pkg_config(installation: Installation, scratch: Path, *, shared: bool) -> None:
    """A compiler with the flags of pkg-config; `--static` lists what the archive needs, and the linker is told to take the archive."""
    flags = installation.pkg_config("--cflags", "--libs", *(() if shared else ("--static",)))
    if not shared:
        flags = ["-l:libcloakwork.a" if flag == "-lcloakwork" else flag for flag in flags]
    program = scratch / f"pkg-config-{'shared' if shared else 'static'}"
    run(*C, HERE / "consumer.c", "-o", program, *flags)
    installation.works(program, shared=shared)


def configure(installation: Installation, source: Path, build: Path, wanted: str) -> list[str | Path]:
    return ["cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={installation.prefix}", f"-DWANTED={wanted}"]


def with_cmake(installation: Installation, scratch: Path) -> None:
    """find_package finds the package, and both of its targets are enough to build."""
    source, build = scratch / "cmake", scratch / "cmake-build"
    shutil.copytree(HERE, source, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    run(*configure(installation, source, build, version()))
    run("cmake", "--build", build)
    installation.works(build / "consumer-shared", shared=True)
    installation.works(build / "consumer-static", shared=False)
    installation.works(build / "consumer-cpp", shared=True)


def versions_for_cmake(installation: Installation, scratch: Path) -> None:
    """Of another major version, or later than this one, it is not what was asked for."""
    major, minor, patch = map(int, version().split("."))
    fine = (f"{major}", f"{major}.{minor}", f"{major}...<{major + 1}", f"{major}.{minor}.{patch}...{major}.{minor}.{patch}")
    wrong = (f"{major + 1}", f"{major}.{minor + 1}", f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}...{major}.{minor + 2}")
    for number, wanted in enumerate(fine):
        run(*configure(installation, HERE, scratch / f"fine-{number}", wanted))
    for number, wanted in enumerate(wrong):
        said = refused(*configure(installation, HERE, scratch / f"wrong-{number}", wanted))
        require("cloakwork-config" in said, f"version {wanted} was refused for another reason:\n{said}")


def moved(installation: Installation, scratch: Path) -> None:
    """CMake's files hold for an installation that was moved as a whole."""
    there = Installation(scratch / "elsewhere")
    shutil.copytree(installation.prefix, there.prefix, symlinks=True)
    build = scratch / "moved"
    run(*configure(there, HERE, build, version()))
    run("cmake", "--build", build, "--target", "consumer-shared")
    there.works(build / "consumer-shared", shared=True)
    require(
        f"{there.prefix}/lib/{'libcloakwork.so.' + version()}" in (build / "CMakeFiles/consumer-shared.dir/link.txt").read_text(),
        "another one",
    )


def staged(scratch: Path) -> None:
    """A package is built below DESTDIR, in a folder of its architecture, and its files name the place where it will be."""
    stage = scratch / "stage"
    make_install(PREFIX="/opt/cloakwork", DESTDIR=stage, LIBDIR="lib/some-machine")
    installation = Installation(stage / "opt" / "cloakwork", "lib/some-machine")
    written = (installation.lib / "pkgconfig" / "cloakwork.pc").read_text(encoding="utf-8")
    require(str(stage) not in written and "prefix=/opt/cloakwork\n" in written, written)
    require(installation.pkg_config("--variable=libdir") == ["/opt/cloakwork/lib/some-machine"], "libdir")
    build = scratch / "staged"
    run(*configure(installation, HERE, build, version()), f"-Dcloakwork_DIR={installation.lib / 'cmake' / 'cloakwork'}")
    run("cmake", "--build", build, "--target", "consumer-static")
    installation.works(build / "consumer-static", shared=False)


def bad_prefix() -> None:
    """A relative prefix would mean another place in every file: it is refused."""
    said = refused(sys.executable, ROOT / "tools" / "install.py", "--prefix", "relative")
    require("absolute" in said, said)


def main() -> int:
    """Runs every check."""
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        installation = Installation(scratch / "prefix")
        checks: list[tuple[str, Callable[[], None]]] = [
            ("install", lambda: make_install(PREFIX=installation.prefix)),
            ("install again", lambda: make_install(PREFIX=installation.prefix)),
            ("files", lambda: files(installation)),
            ("pkg-config, shared", lambda: with_pkg_config(installation, scratch, shared=True)),
            ("pkg-config, static", lambda: with_pkg_config(installation, scratch, shared=False)),
            ("CMake", lambda: with_cmake(installation, scratch)),
            ("versions for CMake", lambda: versions_for_cmake(installation, scratch)),
            ("moved", lambda: moved(installation, scratch)),
            ("staged", lambda: staged(scratch)),
            ("bad prefix", bad_prefix),
        ]
        for title, check in checks:
            try:
                check()
            except (Failure, OSError) as failure:
                failed += 1
                print(f"{title}: {failure}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

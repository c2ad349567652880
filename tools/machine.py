"""What a machine needs to build and test Cloakwork: finds what is missing, says how large it is, installs it.

`python3 tools/machine.py doctor` only looks. `python3 tools/machine.py prepare` installs what is missing, or stops with the
commands to run. rustup, python3, gcc and make have to be there already.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

STABLE_AT_LEAST = (1, 89)
TARGETS = (
    "thumbv6m-none-eabi",
    "thumbv7em-none-eabi",
    "i686-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "armv7-unknown-linux-gnueabihf",
    "s390x-unknown-linux-gnu",
)
STABLE_COMPONENTS = ("clippy", "rustfmt")
NIGHTLY_COMPONENTS = ("miri", "rust-src")
# What a whole run leaves behind: three sets of build products (stable, miri, fuzzing) and the Python environment.
BUILD_GIGABYTES = 6
# rustup does not tell sizes beforehand; these are those of mid-2026, in megabytes: download, then disk.
TOOLCHAIN_MEGABYTES = {"stable": (140, 620), "nightly": (150, 650), "target": (25, 110), "component": (8, 60)}


@dataclass(frozen=True)
class Package:
    """A Debian package, what it is for, and how to see that it is there."""

    name: str
    purpose: str
    present: Callable[[], bool]


@dataclass(frozen=True)
class Missing:
    """Something that is not there: what, why, and the command that brings it."""

    name: str
    purpose: str
    command: tuple[str, ...]
    megabytes: tuple[int, int]


def program(*names: str) -> Callable[[], bool]:
    """Present when one of these programs is on the path."""
    return lambda: any(shutil.which(name) for name in names)


def _has_file(path: str) -> Callable[[], bool]:
    return Path(path).is_file


def _has_python_header() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").is_file()


def _has_venv() -> bool:
    try:
        import ensurepip  # noqa: F401 - Debian leaves exactly this module out of python3
    except ImportError:
        return False
    return True


def _has_libclang() -> bool:
    folders = [Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/lib/x86_64-linux-gnu"), *Path("/usr/lib").glob("llvm-*/lib")]
    return any(any(folder.glob("libclang*.so*")) for folder in folders)


def _has_valgrind() -> bool:
    return bool(shutil.which("valgrind")) and Path("/usr/include/valgrind/memcheck.h").is_file()


def _has_clang_sanitizers() -> bool:
    return any(Path("/usr/lib").glob("llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a"))


# In Debian's main part, each a package r-cran-NAME.
R_PACKAGES = (
    "curl",
    "httpuv",
    "jsonlite",
    "knitr",
    "later",
    "optparse",
    "processx",
    "promises",
    "rmarkdown",
    "roxygen2",
    "survival",
    "testthat",
)


def _has_r_package(name: str) -> Callable[[], bool]:
    folders = [Path("/usr/lib/R/site-library"), Path("/usr/lib/R/library"), Path("/usr/local/lib/R/site-library")]
    return lambda: any((folder / name / "DESCRIPTION").is_file() for folder in folders)


PACKAGES = (
    Package("gcc", "links everything, compiles the header tests", program("gcc")),
    Package("g++", "compiles the header as C++ and the fuzzing runtime", program("g++")),
    Package("libc6-dev", "C library headers", _has_file("/usr/include/stdio.h")),
    Package("make", "runs this", program("make")),
    Package("binutils", "lists exported symbols", program("nm")),
    Package("python3-venv", "the Python environment of the tests", _has_venv),
    Package("python3-dev", "Python headers for the extension module", _has_python_header),
    Package("valgrind", "constant-time tests and instruction counts", _has_valgrind),
    Package("libc6-dbg", "valgrind reads the symbols of the C library", lambda: not _debian() or _installed("libc6-dbg")),
    Package("libclang-dev", "reads valgrind's headers", _has_libclang),
    Package("qemu-user", "runs programs for other processors", program("qemu-aarch64")),
    Package("qemu-system-arm", "runs firmware", program("qemu-system-arm")),
    Package("gcc-arm-none-eabi", "compiles firmware in C", program("arm-none-eabi-gcc")),
    *(
        package
        for name, tools, architecture in (
            ("32-bit x86", "i686-linux-gnu", "i386"),
            ("64-bit Arm", "aarch64-linux-gnu", "arm64"),
            ("32-bit Arm", "arm-linux-gnueabihf", "armhf"),
            ("a big-endian machine", "s390x-linux-gnu", "s390x"),
        )
        for package in (
            Package(f"gcc-{tools}", f"links for {name}", program(f"{tools}-gcc")),
            Package(f"libc6-dev-{architecture}-cross", f"the C library for {name}", _has_file(f"/usr/{tools}/include/stdio.h")),
        )
    ),
    Package("cmake", "builds programs against the installed library", program("cmake")),
    Package("pkg-config", "finds the installed library", program("pkg-config")),
    Package("clang", "the second compiler of the examples and of the C++ header", program("clang++")),
    Package("libclang-rt-dev", "its sanitizers", _has_clang_sanitizers),
    Package("clang-tidy", "looks at the C++ header", program("clang-tidy")),
    Package("libcpp-httplib-dev", "HTTPS in C++", _has_file("/usr/include/httplib.h")),
    Package("libssl-dev", "TLS in C++", _has_file("/usr/include/openssl/ssl.h")),
    Package("nlohmann-json3-dev", "JSON in C++", _has_file("/usr/include/nlohmann/json.hpp")),
    Package("libcli11-dev", "command lines in C++", _has_file("/usr/include/CLI/CLI.hpp")),
    Package("r-base-core", "R", program("R")),
    Package("r-base-dev", "builds packages for R", lambda: not _debian() or _installed("r-base-dev")),
    Package("pandoc", "renders the vignette of the R package", program("pandoc")),
    Package("stunnel4", "TLS in front of R's server", program("stunnel", "stunnel4")),
    Package("xz-utils", "packs the Rust sources of the R package", program("xz")),
    *(Package(f"r-cran-{name}", "the R package, its tests and its documentation", _has_r_package(name)) for name in R_PACKAGES),
    Package("chromium", "tests of the server's page", program("chromium")),
    Package("chromium-driver", "drives chromium", program("chromedriver")),
)


def _debian() -> bool:
    return shutil.which("dpkg-query") is not None


def _installed(package: str) -> bool:
    return "install ok installed" in _output("dpkg-query", "-W", "-f=${Status}", package)


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def missing_packages() -> list[Package]:
    """The Debian packages that are not there."""
    return [package for package in PACKAGES if not package.present()]


def _missing_parts(kind: str, names: Iterable[str], purpose: str, *toolchain: str) -> list[Missing]:
    """The components or targets of a toolchain that are not installed."""
    installed = _output("rustup", kind, "list", "--installed", *toolchain)
    size = TOOLCHAIN_MEGABYTES[kind]
    return [Missing(name, purpose, ("rustup", kind, "add", *toolchain, name), size) for name in names if name not in installed]


def missing_rust() -> list[Missing]:
    """The parts of the Rust toolchains that are not there."""
    if shutil.which("rustup") is None:
        return []
    found: list[Missing] = []
    version = re.match(r"rustc (\d+)\.(\d+)", _output("rustc", "--version"))
    if version is None or (int(version[1]), int(version[2])) < STABLE_AT_LEAST:
        command: tuple[str, ...] = ("rustup", "toolchain", "install", "stable", "--profile", "minimal")
        found.append(Missing("Rust stable", "builds everything", command, TOOLCHAIN_MEGABYTES["stable"]))
    found += _missing_parts("component", STABLE_COMPONENTS, "checks the sources")
    found += _missing_parts("target", TARGETS, "builds without an operating system or for other processors")
    if "nightly" in _output("rustup", "toolchain", "list"):
        found += _missing_parts("component", NIGHTLY_COMPONENTS, "Miri", "--toolchain", "nightly")
    else:
        parts = ("--profile", "minimal", "--component", ",".join(NIGHTLY_COMPONENTS))
        command = ("rustup", "toolchain", "install", "nightly", *parts)
        found.append(Missing("Rust nightly", "Miri and fuzzing", command, TOOLCHAIN_MEGABYTES["nightly"]))
    minimum = minimum_rust()
    if f"{minimum}-" not in _output("rustup", "toolchain", "list"):
        command = ("rustup", "toolchain", "install", minimum, "--profile", "minimal")
        found.append(Missing(f"Rust {minimum}", "the oldest Rust that is promised", command, TOOLCHAIN_MEGABYTES["stable"]))
    return found


def minimum_rust() -> str:
    """The minimum Rust version that the workspace states."""
    manifest = (Path(__file__).resolve().parent.parent / "Cargo.toml").read_text(encoding="utf-8")
    version = re.search(r'^rust-version = "([\d.]+)"', manifest, re.MULTILINE)
    if version is None:
        raise ValueError("Cargo.toml states no rust-version")
    return version[1]


def package_sizes(names: Iterable[str]) -> tuple[int, int] | None:
    """Megabytes to download and on disk for these packages with what they depend on, if the package lists say."""
    uris = _output("apt-get", "install", "--print-uris", "-qq", "--no-install-recommends", *names)
    rows = re.findall(r"'\S+/([^/_']+)_\S*' \S+ (\d+) ", uris)
    if not rows:
        return None
    installed = _output("apt-cache", "show", "--no-all-versions", *(name for name, _ in rows))
    kilobytes = sum(int(size) for size in re.findall(r"^Installed-Size: (\d+)", installed, re.MULTILINE))
    return sum(int(size) for _, size in rows) // 10**6, kilobytes // 10**3


def apt_line(packages: Iterable[Package], prefix: str = "sudo ") -> str:
    """The one line that installs these packages."""
    names = " ".join(package.name for package in packages)
    return f"{prefix}apt-get update && {prefix}apt-get install -y --no-install-recommends {names}"


def _privilege() -> list[str] | None:
    """What to put before a command to run it as root: nothing, sudo, or None when there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False, timeout=30).returncode == 0:
        return ["sudo", "-n"]
    return None


def doctor() -> int:
    """Prints what is missing with its size; 0 when nothing is."""
    if shutil.which("rustup") is None:
        print("rustup is missing: see https://rustup.rs")
    packages = missing_packages()
    rust = missing_rust()
    for package in packages:
        print(f"missing  {package.name:<26} {package.purpose}")
    for item in rust:
        print(f"missing  {item.name:<26} {item.purpose}  (about {item.megabytes[0]} MB to download, {item.megabytes[1]} MB on disk)")
    if packages:
        sizes = package_sizes(package.name for package in packages) if _debian() else None
        known = f"{sizes[0]} MB to download, {sizes[1]} MB on disk" if sizes else "sizes unknown until apt-get update has run"
        print(f"Debian packages: {known}")
        print(f"    {apt_line(packages)}")
    for item in rust:
        print(f"    {' '.join(item.command)}")
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    print(f"a whole run leaves about {BUILD_GIGABYTES} GB under target/ and build/; {free:.0f} GB are free")
    if packages or rust or shutil.which("rustup") is None:
        return 1
    print("nothing is missing")
    return 0


def prepare() -> int:
    """Installs what is missing; non-zero, with the commands to run, when that is not possible."""
    if shutil.which("rustup") is None:
        print("rustup is missing: see https://rustup.rs", file=sys.stderr)
        return 1
    packages = missing_packages()
    if packages:
        privilege = _privilege() if _debian() else None
        if privilege is None:
            print("These packages are missing and there is no permission to install them. Run:", file=sys.stderr)
            print(f"    {apt_line(packages)}", file=sys.stderr)
            return 1
        names = [package.name for package in packages]
        print(f"installing {' '.join(names)}", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]):
            if subprocess.run([*privilege, *command], env=environment, check=False, timeout=1800).returncode != 0:
                print(f"failed; run by hand:\n    {apt_line(packages)}", file=sys.stderr)
                return 1
        # python3-dev serves Debian's python3 only: another python3 first on the path still lacks its headers.
        left = missing_packages()
        if left:
            print(f"still missing after installation: {' '.join(package.name for package in left)}", file=sys.stderr)
            print("is python3 the one of Debian? If not: make PYTHON=/usr/bin/python3 ...", file=sys.stderr)
            return 1
    for item in missing_rust():
        print(f"installing {item.name}", flush=True)
        if subprocess.run(item.command, check=False, timeout=1800).returncode != 0:
            print(f"failed: {' '.join(item.command)}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    actions = {"doctor": doctor, "prepare": prepare}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(actions)}")
    sys.exit(actions[sys.argv[1]]())

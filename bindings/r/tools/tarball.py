"""Makes the source tarball of the R package, with the Rust sources that it builds and the crates that they need.

`python3 bindings/r/tools/tarball.py FOLDER` leaves cloakwork_VERSION.tar.gz in FOLDER and prints its path. Needs cargo, R, tar, xz; cargo
fetches crates that it does not have yet. The crates are those of the repository's Cargo.lock, without what only tests and benchmarks need.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
CRATES = ("core", "ffi")
NOTICES = ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md")
# The vectors that the tests of the package replay, beside whole runs.
REPLAYED = (
    "accepted",
    "agreement",
    "canonical",
    "channel",
    "fingerprint",
    "fixed",
    "gaussian",
    "graph",
    "hadamard",
    "hash",
    "mpc",
    "private",
    "refusal",
    "refusal_no_recovery",
    "refusal_sparse",
    "run",
)
# Tables of a manifest that only tests and benchmarks need.
DEVELOPMENT = re.compile(r"^\[(?:dev-dependencies(?:\..*)?|\[(?:test|bench|example)\])\]$")
# Links between parties (docs/decisions/0019-dealer.md): R has none, and the crates below them are several times as large as all others.
LINKS = "cloakwork-net = "


class BuildError(Exception):
    """The tarball cannot be made."""


def run(*command: str | Path, folder: Path) -> str:
    """The output of a command, which must succeed."""
    words = [str(part) for part in command]
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"{' '.join(words)}\n{result.stdout}{result.stderr}")
    return result.stdout


def tracked(folder: Path) -> list[Path]:
    """The files of a folder that git knows or would know, relative to it."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=folder)
    return [Path(name) for name in listed.splitlines() if (folder / name).is_file()]


def copy_files(source: Path, destination: Path) -> None:
    """Copies what git knows of a folder."""
    for name in tracked(source):
        target = destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target)


def manifest(path: Path) -> str:
    """A manifest without its development tables, and without the folders that are not in the tarball."""
    kept, skipping = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            skipping = DEVELOPMENT.match(line) is not None
        if line.startswith("members = "):
            line = f"members = {json.dumps(CRATES)}"
        if line.startswith("default = "):
            line = line.replace(', "net"', "")
        if line.startswith("net = "):
            line = "net = []"
        if not skipping and not line.startswith(("exclude = ", LINKS)):
            kept.append(line)
    return "\n".join(kept) + "\n"


def rust_sources(destination: Path) -> None:
    """The workspace with its two crates, the header, the lock file and the crates that they need."""
    destination.mkdir(parents=True)
    (destination / "Cargo.toml").write_text(manifest(ROOT / "Cargo.toml"), encoding="utf-8")
    shutil.copy2(ROOT / "Cargo.lock", destination)
    for crate in CRATES:
        folder = destination / crate
        shutil.copytree(ROOT / crate / "src", folder / "src")
        (folder / "Cargo.toml").write_text(manifest(ROOT / crate / "Cargo.toml"), encoding="utf-8")
        if (ROOT / crate / "build.rs").is_file():
            shutil.copy2(ROOT / crate / "build.rs", folder)
    shutil.copytree(ROOT / "include", destination / "include")
    before = versions(destination / "Cargo.lock")
    # Removes from the lock file what the shorter manifests do not need; the versions of the others stay.
    run("cargo", "update", "--workspace", folder=destination)
    after = versions(destination / "Cargo.lock")
    if not after <= before:
        raise BuildError(f"other crates than the repository's: {sorted(after - before)}")
    configuration = run("cargo", "vendor", "--locked", "--versioned-dirs", "vendor", folder=destination)
    # `configure` puts it where cargo looks; a package has no hidden folders.
    (destination / "vendored.toml").write_text(configuration, encoding="utf-8")
    # Sorted and without owners or times, so that the same sources give the same bytes.
    plain = ("--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=2026-01-01", "--use-compress-program=xz -6 -T1")
    run("tar", *plain, "-cf", "vendor.tar.xz", "vendor", folder=destination)
    shutil.rmtree(destination / "vendor")


def versions(lock: Path) -> set[tuple[str, str]]:
    """Names and versions in a lock file."""
    return {(package["name"], package["version"]) for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]}


def build(folder: Path, *, rust: bool, vignettes: bool) -> Path:
    """Makes the tarball in a folder.

    Args:
        folder: where it goes.
        rust: whether it carries the Rust sources; without them `configure` needs an installed library.
        vignettes: whether the vignettes are built, for which R installs the package.
    """
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch) / "cloakwork"
        copy_files(PACKAGE, package)
        if rust:
            rust_sources(package / "src" / "rust")
        notices = package / "inst" / "notices"
        notices.mkdir(parents=True)
        for name in NOTICES:
            shutil.copy2(ROOT / name, notices)
        vectors = package / "tests" / "testthat" / "vectors"
        vectors.mkdir()
        for name in REPLAYED:
            shutil.copy2(ROOT / "tests" / "vectors" / f"{name}.json", vectors)
        shutil.copytree(ROOT / "tests" / "vectors" / "round", vectors / "round")
        options = () if vignettes else ("--no-build-vignettes",)
        run("R", "CMD", "build", *options, package, folder=Path(scratch))
        made = next(Path(scratch).glob("cloakwork_*.tar.gz"))
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(made, folder / made.name))


def main() -> int:
    """Makes the tarball, says where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the tarball goes")
    parser.add_argument("--without-rust", action="store_true", help="leave the Rust sources out: installing then needs the library")
    parser.add_argument("--without-vignettes", action="store_true", help="leave the vignettes out, for which R installs the package")
    given = parser.parse_args()
    for program in ("cargo", "R", "tar", "xz", "git"):
        if shutil.which(program) is None:
            print(f"{program} is not there", file=sys.stderr)
            return 1
    try:
        print(build(given.folder.resolve(), rust=not given.without_rust, vignettes=not given.without_vignettes))
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The package as it is shipped: a source distribution that builds where nothing else is, and what is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import cloakwork
from cloakwork import _native

PACKAGE = Path(__file__).resolve().parents[1]
REPOSITORY = PACKAGE.parents[1]

ROUND = """
import numpy
from cloakwork.secagg import Client, Config, Identity, Run, Segment, Server, aggregate, decode
identities = {member: Identity.generate() for member in range(3)}
run = Run.new(Config(segments=(Segment("x", 20, 4),)), {member: identity.public_key for member, identity in identities.items()})
server, clients = Server(run), {member: Client(run, identity) for member, identity in identities.items()}
server.invite()
for step in ("advertise", "confirm"):
    for member, client in clients.items():
        server.receive(member, getattr(client, step)(server.message(member)))
for member, client in clients.items():
    client.accept(server.message(member))
server.begin(None, b"")
payloads = []
for member, client in clients.items():
    client.begin(server.message(member), b"")
    message = client.mask({"x": numpy.arange(4)})
    payloads.append(message[server.receive(member, message).payload])
for member, client in clients.items():
    if server.phase.name == "unmask":
        server.receive(member, client.unmask(server.message(member)))
print(decode(run, "x", aggregate(run, server.opening(), payloads)["x"]).tolist())
"""

# What is tested is that everything is there, not how fast it computes.
FAST_BUILD = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}


def call(*command: str | Path, folder: Path, **environment: str) -> str:
    """Runs a command with nothing of the repository on Python's path."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    parts = [str(part) for part in command]
    finished = subprocess.run(
        parts, cwd=folder, env={**inherited, **environment}, capture_output=True, text=True, check=False, timeout=1200
    )
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
    return finished.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    script = f"from setuptools import build_meta; print(build_meta.build_sdist({str(folder)!r}))"
    call(sys.executable, "-c", script, folder=PACKAGE)
    (found,) = folder.glob("*.tar.gz")
    return found


def test_a_source_distribution_holds_the_workspace_and_nothing_built(source: Path) -> None:
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        lock = archive.extractfile(f"cloakwork-{cloakwork.__version__}/rust/Cargo.lock")
        assert lock is not None
        assert lock.read() == (REPOSITORY / "Cargo.lock").read_bytes()
    assert {"rust/Cargo.toml", "rust/core/src/lib.rs", "rust/ffi/src/lib.rs", "rust/include/cloakwork.h"} <= names
    assert {"setup.py", "native_build.py", "pyproject.toml", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md", "README.md"} <= names
    assert not [name for name in names if re.search(r"\.(so|o|a|pyc|rlib)$|/target/|__pycache__|\.git", name)]
    assert "src/cloakwork/py.typed" in names


def test_a_source_distribution_builds_and_works_in_an_empty_directory(source: Path, tmp_path: Path) -> None:
    """With pip, from the locked sources, into a folder of its own; the wheel's extension serves every later CPython and is alone in it."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-build-isolation", "--no-deps", "--quiet")
    call(*pip, "--wheel-dir", tmp_path, source, folder=tmp_path, **FAST_BUILD)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    extensions = [name for name in names if name.endswith((".so", ".pyd", ".dylib"))]
    assert len(extensions) == 1
    assert extensions[0].startswith("cloakwork/_native.")
    assert {"micro_smpc/__init__.py", "micro_smpc/py.typed"} <= set(names)
    assert any(name.endswith(".dist-info/licenses/THIRD-PARTY.md") for name in names)
    assert not [name for name in names if name.startswith(("tests", "rust", "setup", "native_build"))]
    found = call(sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{ROUND}", folder=tmp_path)
    assert found.strip() == "[0, 3, 6, 9]"
    where = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import cloakwork; print(cloakwork.__file__)"
    assert str(tmp_path) in call(sys.executable, "-c", where, folder=tmp_path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nm and the dynamic symbols are those of Linux")
def test_the_extension_exports_nothing_but_its_entry() -> None:
    """Another copy of the library in the same process never meets this one."""
    listed = call("nm", "--dynamic", "--defined-only", "--extern-only", str(_native.__file__), folder=PACKAGE)
    exported = {line.split()[-1].partition("@")[0] for line in listed.splitlines()}
    assert "PyInit__native" in exported
    assert not [name for name in exported if "cloak" in name and "PyInit" not in name and not name.startswith("_cffi")]


def test_importing_the_library_needs_numpy_and_cffi_alone() -> None:
    script = "import sys, cloakwork.secagg, cloakwork.layout; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    names = set(eval(call(sys.executable, "-c", script, folder=PACKAGE)))
    assert not names & {"starlette", "uvicorn", "httpx", "anyio", "click", "rich", "cryptography", "typing_extensions"}
    assert {"numpy", "cloakwork"} <= names


def test_the_examples_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """They run one after the other, and each ends with what it says."""
    examples = re.findall(r"^```python\n(.*?)^```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    known: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "README.md", "exec"), known)
        assert "# " + capsys.readouterr().out.strip().splitlines()[-1] == example.strip().splitlines()[-1]

"""Builds the extension module on top of the Rust library, and source distributions that carry the Rust sources.

Everything else about the package is in pyproject.toml.
"""

from __future__ import annotations

import platform
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import native_build  # noqa: E402 - build back ends do not put this folder on the path

# Files at the top of the repository that belong into every distribution; a source distribution holds them already.
NOTICES = ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md")


class BuildExtension(build_ext):
    """Builds the static library with cargo before cffi writes the module that links it."""

    def pre_run(self, extension: Extension, _ffi: object) -> None:
        """Called by cffi with the extension that is about to be generated."""
        library = native_build.build_library(Path(self.build_temp))
        extension.extra_objects = [str(library.path)]
        extension.libraries = library.libraries
        extension.extra_link_args = [*library.link_arguments, *native_build.link_arguments()]
        extension.depends = [str(library.path), str(native_build.HEADER)]


class BuildPython(build_py):
    """Collects the modules anew: setuptools keeps in its build folder what is no longer there."""

    def run(self) -> None:
        """Runs before the extension is built."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class SourceDistribution(sdist):
    """Adds the Rust workspace, so that a source distribution builds in an empty directory."""

    def make_release_tree(self, base_dir: str, files: Sequence[str]) -> None:
        """Copies the listed files, then the workspace, into the folder that becomes the archive."""
        super().make_release_tree(base_dir, files)
        native_build.copy_workspace(Path(base_dir) / native_build.CARRIED)


def copy_notices() -> None:
    """Puts the licences of the repository where setuptools looks for them."""
    for name in NOTICES:
        original = native_build.WORKSPACE / name
        if original.is_file() and original.parent != HERE:
            shutil.copyfile(original, HERE / name)


def wheel_options() -> dict[str, Any]:
    """One wheel serves every later CPython, except those without the global interpreter lock."""
    limited = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
    return {"bdist_wheel": {"py_limited_api": "cp310"}} if limited else {}


copy_notices()
setup(
    cffi_modules=["native_build.py:ffibuilder"],
    cmdclass={"build_ext": BuildExtension, "build_py": BuildPython, "sdist": SourceDistribution},
    options=wheel_options(),
)

"""The check of floors finds what it looks for."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import layers


class Expand(unittest.TestCase):
    """Use trees."""

    def test_nested(self) -> None:
        found = layers.expand("crate::{ct, ring::{Bits, Lane as L}, secagg::client::Client}")
        self.assertEqual(
            found,
            [("crate", "ct"), ("crate", "ring", "Bits"), ("crate", "ring", "Lane"), ("crate", "secagg", "client", "Client")],
        )


class Imports(unittest.TestCase):
    """What a source uses."""

    def test_paths_in_code_and_super(self) -> None:
        source = "use super::Element;\nfn f() { crate::prg::keystream(); }\n// use crate::secagg;\n"
        self.assertEqual(layers.imports(source, ("sharing", "shamir")), {("sharing", "Element"), ("prg", "keystream")})

    def test_tests_may_use_anything(self) -> None:
        source = "use crate::ct;\n#[cfg(test)]\nmod tests {\n    use crate::secagg::Client;\n}\n"
        self.assertEqual(layers.imports(source, ("ring",)), {("ct",)})


class Check(unittest.TestCase):
    """Planted faults."""

    def check(self, files: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as name:
            for path, source in {"lib.rs": "// Floor 1: words.\npub mod ct;\n", **files}.items():
                file = Path(name, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(source, encoding="utf-8")
            return layers.check(Path(name))[1]

    def test_downward_is_fine(self) -> None:
        self.assertEqual(self.check({"ct.rs": "", "mask.rs": "use crate::ct;"}), [])

    def test_upward(self) -> None:
        self.assertIn("floor 1", self.check({"ct.rs": "use crate::mask::Seed;", "mask.rs": ""})[0])

    def test_cycle_on_one_floor(self) -> None:
        self.assertIn("cycle", self.check({"ring.rs": "use crate::field;", "field.rs": "use crate::ring::Bits;"})[0])

    def test_cycle_inside_a_module(self) -> None:
        files = {"secagg/a.rs": "use super::b::B;", "secagg/b.rs": "use crate::secagg::a::A;"}
        self.assertIn("cycle in secagg", self.check(files)[0])

    def test_unknown_module(self) -> None:
        self.assertIn("no floor", self.check({"gossip.rs": ""})[0])

    def test_floors_of_the_library_file(self) -> None:
        self.assertIn("lib.rs lists ct on floor 2", self.check({"lib.rs": "// Floor 2: more.\nmod ct;\n", "ct.rs": ""})[0])


if __name__ == "__main__":
    unittest.main()

"""The other checks find what they look for."""

from __future__ import annotations

import tempfile
import time
import unittest
from pathlib import Path

import constant_time
import dependencies
import device
import instructions
import repository
from runner import Count, Log, Runner, Stage, StageFailure, count_cargo, count_own, count_pytest


class RepositoryText(unittest.TestCase):
    """Machine paths and unfinished marks."""

    def test_found(self) -> None:
        for line in ("see /ho" + "me/ada/notes", "open('/wor" + "k/x/y')", "// TO" + "DO later", "todo" + "!()"):
            with self.subTest(line):
                self.assertEqual(len(repository.text_problems("a.rs", line)), 1)

    def test_not_found(self) -> None:
        for line in ("https://example.org/work/plan", "homework/done", "a method", "frameworks/"):
            with self.subTest(line):
                self.assertEqual(repository.text_problems("a.rs", line), [])

    def test_long_file(self) -> None:
        text = "x\n" * (repository.LONGEST_SOURCE_LINES + 1)
        self.assertEqual(len(repository.text_problems("core/src/a.rs", text)), 1)
        self.assertEqual(repository.text_problems("include/cloakwork.h", text), [])


class Licences(unittest.TestCase):
    """SPDX expressions."""

    def test_expressions(self) -> None:
        allowed = {"MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"}
        for expression, expected in (
            ("MIT", True),
            ("GPL-3.0-only", False),
            ("GPL-3.0-only OR MIT", True),
            ("GPL-3.0-only AND MIT", False),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
            ("(MIT OR Apache-2.0) AND NCSA", False),
            ("Apache-2.0 WITH LLVM-exception", True),
            ("Apache-2.0", False),
        ):
            with self.subTest(expression):
                self.assertEqual(dependencies.allowed(expression, allowed), expected)

    def test_releases_compare_as_numbers(self) -> None:
        self.assertLess(dependencies.release("1.9"), dependencies.release("1.89"))
        self.assertEqual(dependencies.release("1.89"), dependencies.release("1.89.0"))


class Devices(unittest.TestCase):
    """What a program on another machine has to say."""

    def test_counts_are_compared(self) -> None:
        wanted = {"exact noise": 34, "private vectors": 19}
        self.assertEqual(device.judge("exact noise: 34\nprivate vectors: 19\n", wanted), [])
        for said in ("", "exact noise: 34", "exact noise: 34\nprivate vectors: 18", "panicked at a: b\nexact noise: 34"):
            with self.subTest(said):
                self.assertEqual(len(device.judge(said, wanted)), 1 if "exact" in said else 2)


class Instructions(unittest.TestCase):
    """The comparison with the baseline."""

    def test_rise_beyond_the_tolerance(self) -> None:
        self.assertEqual(instructions.compare({"a": 102}, {"a": 100}, 0.03), [])
        self.assertEqual(len(instructions.compare({"a": 104}, {"a": 100}, 0.03)), 1)
        self.assertEqual(instructions.compare({"a": 50}, {"a": 100}, 0.03), [])

    def test_cases_that_come_and_go(self) -> None:
        self.assertEqual(len(instructions.compare({"a": 1}, {"b": 1}, 0.03)), 2)


class ConstantTime(unittest.TestCase):
    """The verdict on memcheck's reports."""

    declared = constant_time.Place("core/src/seal.rs", "if refused {")
    entry: dict[str, object] = {"file": "core/src/seal.rs", "line": "if refused {", "reason": "a refusal is public"}

    def judge(self, *cases: constant_time.Case) -> list[str]:
        return constant_time.judge({"core": list(cases)}, [self.entry])[1]

    def test_declared_place(self) -> None:
        self.assertEqual(self.judge(constant_time.Case("seal", 1, [(self.declared, "0x1", "call")])), [])

    def test_undeclared_place(self) -> None:
        leak = constant_time.Place("core/src/ring.rs", "if value > 3 {")
        found = self.judge(constant_time.Case("ring", 2, [(self.declared, "0x1", "call"), (leak, "0x2", "call")]))
        self.assertEqual(len(found), 1)
        self.assertIn("ring.rs", found[0])

    def test_unused_place(self) -> None:
        self.assertIn("never reported", self.judge(constant_time.Case("quiet"))[0])

    def test_one_decision_became_several(self) -> None:
        seen = [(self.declared, "0x1", "call"), (self.declared, "0x2", "call")]
        self.assertIn("2 branches", self.judge(constant_time.Case("seal", 2, seen))[0])

    def test_planted_leak_that_is_not_seen(self) -> None:
        used = constant_time.Case("seal", 1, [(self.declared, "0x1", "call")])
        self.assertIn("not reported", self.judge(used, constant_time.Case("planted: x", 0))[0])


class Counting(unittest.TestCase):
    """What the tools print."""

    def test_cargo(self) -> None:
        output = "test a ... ok\ntest b ... ignored, make test-long\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n"
        self.assertEqual(count_cargo(output, "make test-long"), Count(3, 0, ["1 ignored: make test-long"]))

    def test_cargo_ignored_without_reason(self) -> None:
        output = "test b ... ignored\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n"
        self.assertEqual(count_cargo(output, "make test-long").failed, 1)

    def test_own(self) -> None:
        self.assertEqual(count_own("x\n3 passed, 1 failed\n"), Count(3, 1))

    def test_pytest_skips_fail(self) -> None:
        report = '<testsuites><testsuite tests="3" failures="1" errors="0"><testcase name="a"/><testcase name="b"><skipped/></testcase>'
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(report + '<testcase name="c"><failure/></testcase></testsuite></testsuites>')
            file.flush()
            self.assertEqual(count_pytest(Path(file.name)), Count(1, 2, ["skipped: b"]))


class Stages(unittest.TestCase):
    """The runner."""

    def run_stages(self, *stages: Stage) -> dict[str, int]:
        with tempfile.TemporaryDirectory() as name:
            results = Runner(Path(name), Path(name), {"PATH": "/usr/bin:/bin"}, quiet=True).run(stages)
        return {result.stage.name: result.count.failed for result in results}

    def test_failures_are_counted_and_spread(self) -> None:
        def fails(_: Log) -> Count:
            raise StageFailure("broken")

        stages = (
            Stage("good", lambda log: Count(passed=len(log.run("echo", "hello")))),
            Stage("bad", fails),
            Stage("empty", lambda _: Count()),
            Stage("after", lambda _: Count(passed=1), after=("bad",)),
        )
        self.assertEqual(self.run_stages(*stages), {"good": 0, "bad": 1, "empty": 1, "after": 1})

    def test_time_limit(self) -> None:
        begin = time.monotonic()
        stage = Stage("slow", lambda log: Count(passed=len(log.run("sleep", "60"))), limit_seconds=0.1)
        self.assertEqual(self.run_stages(stage), {"slow": 1})
        self.assertLess(time.monotonic() - begin, 30)


if __name__ == "__main__":
    unittest.main()

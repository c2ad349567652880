"""Looks at the machine code of the kernels that handle secrets, where valgrind does not: AVX-512, VAES, and the microcontroller's.

The program tests/disassembly is compiled as it ships, for processors with AVX-512, and for a Cortex-M4. From each kernel on, every
function that it may call is disassembled and analysed (tools/dataflow.py): what it reads from memory may be secret. Reported are
conditional branches, addresses and divisions that depend on what may be secret, and jumps through tables whatever they depend on. Each is
traced to the line of source that it comes from, and that line has to be in tests/disassembly/allowed.toml with the reason why what it
shows is public: a length, the outcome of a call, an accepted proposal. A line that is listed and never reported is a failure, too, and so
is a planted leak that is not found.

What this shows: that on these targets, with this compiler, no such instruction was made of a line that nobody has looked at; so no
selection by mask has become a branch, and no table is looked up by a secret. What it does not: it cannot tell public from secret in what
comes from memory; that is what the reasons are for, and a secret branch on a line that is listed for a public one passes. It does not
follow values through memory or calls, nor a whole word that is added to a pointer without any other arithmetic. It knows nothing of
instructions whose own time varies, but divisions and square roots.

Compilers differ, and the list is that of one: with another rustc, branches and addresses on lines that are not listed are shown and are
no failure.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import instructions
import valgrind
from dataflow import Finding, Instruction, Processor, analyse
from dataflow_arm import Arm
from dataflow_x86 import X86

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = ROOT / "tests" / "disassembly" / "allowed.toml"
PROGRAM = "cloakwork-disassembly"
PREFIXES = {"rep", "repz", "repnz", "lock", "notrack", "bnd", "data16", "addr32", "cs", "ds", "es", "rex", "rex.W"}
# What a kernel ends in when something is wrong with the program, and copying and clearing, whose time depends on lengths alone.
TRUSTED = re.compile(r"^(?:core|std|alloc)::|^_?_?mem(?:cpy|set|move|cmp|clr)|^__aeabi_mem|^bcmp|^_start|^__rust|@plt$")
# Only the clip computes with doubles, and does not promise constant time where the processor cannot (core/src/privacy/pipeline/clip.rs).
CLIPS = ("kernel_part",)
# Arithmetic that the processor lacks.
SOFT_FLOAT = re.compile(
    r"^__aeabi_(?:d|f|i2d|l2d|ui2d|ul2d|cd|cf)|^__(?:mul|add|sub|div)[sd]f|^compiler_builtins::float|^(?:fmin|fmax|fabs)"
)
SOFT_DIVISION = re.compile(r"^__aeabi_u?[il]?div|^__aeabi_u?ldivmod|^__u?(?:div|mod)[dst]i|^compiler_builtins::int::.*div")


@dataclass(frozen=True)
class Target:
    """What is compiled for: rustc's options, the tools that read it, what it runs on."""

    name: str
    target: str
    flags: str
    tools: str
    processor: Callable[[list[Instruction]], Processor]

    @property
    def path(self) -> Path:
        """Where cargo puts it."""
        return self.folder / self.target / "release" / PROGRAM

    @property
    def folder(self) -> Path:
        """Other options, other folder: cargo would build everything anew each time."""
        return valgrind.folder() / self.name if self.flags else valgrind.folder()


TARGETS = (
    Target("x86-64, as shipped", "x86_64-unknown-linux-gnu", "", "", X86),
    Target("x86-64-v4", "x86_64-unknown-linux-gnu", "-C target-cpu=x86-64-v4 --cfg chacha20_avx512", "", X86),
    Target("sapphirerapids", "x86_64-unknown-linux-gnu", "-C target-cpu=sapphirerapids --cfg chacha20_avx512", "", X86),
    Target("Cortex-M4", "thumbv7em-none-eabi", "", "arm-linux-gnueabihf-", lambda _: Arm()),
)


@dataclass(frozen=True, order=True)
class Place:
    """A line of source."""

    file: str
    line: str


@dataclass(frozen=True)
class Function:
    """A function of the program."""

    name: str
    code: list[Instruction]


def build(target: Target) -> None:
    """Compiles the program."""
    where = ["--manifest-path", str(ROOT / "tests" / "Cargo.toml"), "--target-dir", str(target.folder), "--target", target.target]
    environment = {**os.environ, **({"RUSTFLAGS": target.flags} if target.flags else {})}
    command = ["cargo", "build", "--quiet", "--locked", "--release", *where, "--package", PROGRAM]
    subprocess.run(command, check=True, timeout=1200, env=environment)


def functions(target: Target) -> dict[int, Function]:
    """Every function, by its address."""
    syntax = [] if target.tools else ["-M", "intel"]
    command = [f"{target.tools}objdump", "-d", "-C", "--no-show-raw-insn", *syntax, str(target.path)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    slots = linked(target)
    found: dict[int, Function] = {}
    code: list[Instruction] = []
    for line in text.splitlines():
        header = re.match(r"^([0-9a-f]+) <(.*)>:$", line)
        if header:
            code = []
            found[int(header[1], 16)] = Function(header[2], code)
            continue
        row = re.match(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$", line)
        if row is None or row[2].startswith("."):
            continue
        name, rest = row[2], row[3]
        slot = re.search(r"\[rip\+0x[0-9a-f]+\]\s*# ([0-9a-f]+)", rest)
        if slot and re.search(r"\b(?:call|jmp)\b", f"{name} {rest}") and int(slot[1], 16) in slots:
            rest = re.sub(r"QWORD PTR \[rip\+.*", f"{slots[int(slot[1], 16)]:x}", rest)
        while name in PREFIXES and rest:
            name, _, rest = rest.partition(" ")
        rest = rest.strip()
        code.append(Instruction(int(row[1], 16), re.sub(r"\.[nw]$", "", name), operands(rest)))
    return found


def linked(target: Target) -> dict[int, int]:
    """What the loader writes into the table through which functions of other crates are called: functions of the program, by slot."""
    command = [f"{target.tools}objdump", "-R", str(target.path)]
    # A program without such a table has no relocations, which objdump calls a failure.
    text = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300).stdout
    rows = re.findall(r"^([0-9a-f]+) R_X86_64_RELATIVE\s+\*ABS\*\+0x([0-9a-f]+)$", text, re.MULTILINE)
    return {int(slot, 16): int(address, 16) for slot, address in rows}


def operands(rest: str) -> tuple[str, ...]:
    """The operands of a line: Arm's immediates begin with the sign that begins comments elsewhere."""
    rest = re.sub(r"\s*(?:;|@|//).*$", "", rest)
    rest = re.sub(r"\s+#\s.*$", "", rest)
    rest = re.sub(r"\s*<.*>$", "", rest)
    return tuple(part.strip() for part in re.split(r",(?![^\[{]*[\]}])", rest)) if rest else ()


def reached(program: dict[int, Function], start: int) -> tuple[set[int], set[str]]:
    """The functions that one may call or jump into, and those of the system and the compiler that are not looked into."""
    found, outside, todo = set(), set(), [start]
    while todo:
        address = todo.pop()
        if address in found:
            continue
        name = program[address].name
        if address != start and (TRUSTED.search(name) or SOFT_FLOAT.search(name) or SOFT_DIVISION.search(name)):
            outside.add(name)
            continue
        found.add(address)
        for instruction in program[address].code:
            if instruction.name in ("call", "jmp", "bl", "b") or instruction.name.startswith("j"):
                called = re.match(r"([0-9a-f]+)$", instruction.operands[0]) if instruction.operands else None
                if called and int(called[1], 16) in program:
                    todo.append(int(called[1], 16))
    return found, outside


def source_name(path: str) -> str | None:
    """A path in a form that is the same on every machine; nothing for the standard library and what has no source."""
    if "/library/" in path or path.startswith("library/") or "??" in path:
        return None
    registry = re.search(r"/registry/src/[^/]+/([\w-]+?)-\d[^/]*/(.*)", path)
    if registry:
        return f"{registry[1]}/{registry[2]}"
    try:
        return str(Path(path).resolve().relative_to(ROOT))
    except ValueError:
        return None


def places(target: Target, addresses: list[int]) -> dict[int, Place]:
    """The innermost line of ours or of a cipher for each instruction."""
    if not addresses:
        return {}
    command = [f"{target.tools}addr2line", "-a", "-i", "-e", str(target.path), *(hex(address) for address in addresses)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    found: dict[int, Place] = {}
    current = 0
    for line in text.splitlines():
        if line.startswith("0x"):
            current = int(line, 16)
            continue
        path, _, number = line.partition(" (discriminator")[0].rpartition(":")
        name = source_name(path)
        if name is None or current in found or not number.isdigit() or not Path(path).is_file():
            continue
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        found[current] = Place(name, lines[int(number) - 1].strip() if 0 < int(number) <= len(lines) else "")
    return {address: found.get(address, Place("no source", "")) for address in addresses}


def examine(target: Target) -> tuple[dict[tuple[Place, str], list[str]], list[str], int]:
    """What the kernels show, by line and kind; planted leaks that were not found; functions looked at."""
    build(target)
    program = functions(target)
    roots = {f.name.split("::")[-1]: a for a, f in program.items() if re.search(r"::(?:kernel|planted)_\w+$", f.name)}
    findings: dict[int, Finding] = {}
    problems: list[str] = []
    looked_at: set[int] = set()
    for name, start in sorted(roots.items()):
        inside, outside = reached(program, start)
        shown = [finding for address in inside for finding in analyse(program[address].code, target.processor(program[address].code))]
        if name.startswith("planted_"):
            wanted = {"planted_branch": "branch", "planted_lookup": "address", "planted_division": "division"}[name]
            divided = any(SOFT_DIVISION.search(called) for called in outside)
            if not any(f.kind == wanted for f in shown) and not (wanted == "division" and divided):
                problems.append(f"{target.name}: {name} was not found")
            continue
        problems += [f"{target.name}: {name} divides: {called}" for called in sorted(outside) if SOFT_DIVISION.search(called)]
        if name not in CLIPS:
            problems += [
                f"{target.name}: {name} computes with doubles: {called}" for called in sorted(outside) if SOFT_FLOAT.search(called)
            ]
        findings |= {finding.address: finding for finding in shown}
        looked_at |= inside
    if len(roots) != 8:
        problems.append(f"{target.name}: kernels are missing: {', '.join(sorted(roots))}")
    found: dict[tuple[Place, str], list[str]] = {}
    for address, place in places(target, sorted(findings)).items():
        found.setdefault((place, findings[address].kind), []).append(f"{address:x}: {findings[address].text}")
    return found, problems, len(looked_at)


def main() -> int:
    """Builds, looks, judges."""
    listed = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))
    groups, same = listed["group"], listed["rustc"] == instructions.compiler()
    print(f"the list is of rustc {listed['rustc']}, this is {instructions.compiler()}")
    allowed = {(Place(*place), group["shows"]) for group in groups for place in group["places"]}
    unused = set(allowed)
    problems: list[str] = []
    checks = 0
    for target in TARGETS:
        found, wrong, looked_at = examine(target)
        problems += wrong
        checks += looked_at
        print(f"{target.name}: {looked_at} functions, {sum(map(len, found.values()))} instructions on {len(found)} lines")
        unused -= found.keys()
        for (place, kind), shown in sorted(found.items()):
            if (place, kind) not in allowed:
                text = f"{target.name}: {kind} at {place.file}: {place.line} ({len(shown)}, {shown[0]})"
                if same or kind not in ("branch", "address"):
                    problems.append(text)
                else:
                    print(f"not listed: {text}")
    if same:
        problems += [f"listed but never reported: {kind} at {place.file}: {place.line}" for place, kind in sorted(unused)]
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{max(0, checks - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The instruction set x86-64, as objdump writes it with Intel's operands, for tools/dataflow.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dataflow import DERIVED, FLAGS, LOADED, PUBLIC, ZERO, Finding, Instruction, State

_NAMED = {"a": "rax", "b": "rbx", "c": "rcx", "d": "rdx", "si": "rsi", "di": "rdi", "bp": "rbp", "sp": "rsp"}
_PARTS = re.compile(r"^(?:[er]?(?P<index>si|di|bp|sp)l?|[er]?(?P<wide>[abcd])x|(?P<narrow>[abcd])[lh])$")
_NUMBERED = re.compile(r"^(r\d+)[dwb]?$")
_VECTOR = re.compile(r"^[xyz]mm(\d+)$")
_MASK = re.compile(r"^k[0-7]$")

NO_RESULT = re.compile(
    r"^(cmp|test|bt|v?u?comis[sd]|v?ptest|v?testp[sd]|kortest\w|ktest\w|nop\w?|endbr64|ret|v?zero\w+|prefetch\w+|leave|ud2|int3)$"
)
SETS_FLAGS = re.compile(
    r"^(add|sub|and|or|xor|inc|dec|neg|adc|sbb|sh[lr]d?|sa[lr]|ro[lr]|imul|mul|cmp|test|bt[src]?|bs[fr]|popcnt|tzcnt|lzcnt|blsr|blsi"
    r"|blsmsk|andn|bextr|bzhi|adcx|adox|v?u?comis[sd]|v?ptest|v?testp[sd]|kortest\w|ktest\w)$"
)
READS_FLAGS = re.compile(r"^(adc|sbb|adcx|adox|rc[lr]|cmov\w+|set\w+)$")
# The first operand is written only; for what is written and read it counts among the sources.
WRITES_ONLY = re.compile(
    r"^(v?mov\w*|lea|set\w+|v\w+|k\w+|pshuf\w+|pmov\w+|popcnt|tzcnt|lzcnt|bsf|bsr|rorx|s[ah][lr]x|andn|bextr|bzhi|bls\w+|cvt\w+|pext\w+|movabs|sqrt\w+)$"
)
KEEPS_FIRST = re.compile(r"^v(fn?m\w+|pdp\w+|permi2\w+|permt2\w+|pternlog\w|pmadd52\w+|pshldv\w|pshrdv\w)$")
ZEROES = re.compile(r"^(xor|sub|v?pxor[dq]?|v?xorp[sd]|v?psub\w)$")
CONSTANT_OF_SAME = re.compile(r"^(v?pcmpeq\w|kxn?or\w)$")
# What pointers and lengths are computed with: a whole word from memory stays one. So it does when it is rounded down or scaled by little.
POINTER = re.compile(
    r"^(mov|movabs|add|sub|lea|inc|dec|neg|not|cmov\w+|shl|sal|v?mov[qd]|v?movdq\w*|vmovap[sd]|vmovup[sd]|v?padd[dq]|vp?broadcast[dq]|vpsll[dq])$"
)
SMALL_SHIFT = 6
DIVIDES = re.compile(r"^(i?div|v?(div|sqrt)[sp][sd])$")
SCATTERS = re.compile(r"^v?p?(gather|scatter|compress|expand)\w+$")
CONDITIONAL = re.compile(r"^(j(?!mp$)\w+|loop\w*)$")
CALLER_SAVED = ("rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", *(f"v{n}" for n in range(32)), *(f"k{n}" for n in range(8)))


def register(name: str) -> str | None:
    """The register that a name stands for a part of."""
    parts = _PARTS.match(name)
    if parts:
        return _NAMED[parts["index"] or parts["wide"] or parts["narrow"]]
    numbered, vector = _NUMBERED.match(name), _VECTOR.match(name)
    if numbered:
        return numbered[1]
    return f"v{vector[1]}" if vector else name if _MASK.match(name) else None


@dataclass(frozen=True)
class Memory:
    """An address: base, index with its factor, and all of it as text."""

    base: str | None
    index: str | None
    factor: int
    text: str
    width: int
    constant: bool

    @property
    def slot(self) -> str | None:
        """The place on the stack, if it is one at a fixed distance."""
        return self.text if self.base in ("rsp", "rbp") and self.index is None else None


_WIDTHS = {"BYTE": 1, "WORD": 2, "DWORD": 4, "QWORD": 8}


def memory(operand: str) -> Memory | None:
    """The address in an operand."""
    inside = re.search(r"\[(.*?)\]", operand)
    if inside is None:
        return None
    base = index = None
    factor = 1
    for term in re.split(r"[+-]", inside[1]):
        name, _, times = term.strip().partition("*")
        found = register(name)
        if found and times:
            index, factor = found, int(times)
        elif found:
            base = found
    width = re.match(r"(\w+) (?:PTR|BCST)", operand)
    constant = "rip" in inside[1] or (base is None and index is None)
    return Memory(base, index, factor, inside[1], _WIDTHS.get(width[1], 16) if width else 16, constant)


class X86:
    """One function: whether rbp points into its frame has to be known before."""

    def __init__(self, code: list[Instruction]) -> None:
        self.has_frame = any(i.name == "mov" and i.operands == ("rbp", "rsp") for i in code)

    def targets(self, instruction: Instruction) -> tuple[list[int], bool]:
        """Where it may jump to, and whether the next instruction may follow."""
        name = instruction.name
        if CONDITIONAL.match(name) or name == "jmp":
            target = re.match(r"([0-9a-f]+)\b", instruction.operands[0] if instruction.operands else "")
            return ([int(target[1], 16)] if target else []), name != "jmp"
        return [], name not in ("ret", "ud2", "int3")

    def step(self, instruction: Instruction, state: State) -> list[Finding]:
        """Changes the state as the instruction does, and says what it shows."""
        name, operands = instruction.name, instruction.operands
        found = self._shown(instruction, state)
        if name == "call":
            for saved in CALLER_SAVED:
                state.put(saved, LOADED)
        elif name == "pop":
            state.put(register(operands[0]) or "", PUBLIC)
        elif name == "xchg":
            level = max(self._level(operand, state) for operand in operands)
            for operand in operands:
                self._write(operand, level, state)
        elif name in ("mul", "imul", "div", "idiv") and len(operands) == 1:
            level = self._computed(max(self._level(operands[0], state), state.of("rax", "rdx")))
            for result in ("rax", "rdx", FLAGS):
                state.put(result, level)
        elif name == "mulx":
            level = self._computed(max(self._level(operands[2], state), state.of("rdx")))
            self._write(operands[0], level, state)
            self._write(operands[1], level, state)
        elif name in ("cdq", "cqo"):
            state.put("rdx", state.of("rax"))
        elif name in ("cdqe", "cwde", "cpuid", "xgetbv", "push") or CONDITIONAL.match(name) or name == "jmp":
            pass
        elif operands:
            self._compute(name, operands, state)
        return found

    def _compute(self, name: str, operands: tuple[str, ...], state: State) -> None:
        plain = [operand.split("{")[0].strip() for operand in operands]
        same = len(set(plain[-2:])) == 1 and len(plain) >= 2 and memory(plain[-1]) is None
        cleared = same and (ZEROES.match(name) or CONSTANT_OF_SAME.match(name))
        if cleared or (name.startswith("vpternlog") and plain[-1] in ("0xff", "0x0")):
            level = ZERO if (register(plain[0]) or "").startswith("v") else PUBLIC
        elif name == "lea":
            address = memory(operands[1])
            level = state.of(*(part for part in (address.base, address.index) if part)) if address else PUBLIC
        else:
            merges = not WRITES_ONLY.match(name) or bool(KEEPS_FIRST.match(name)) or ("{k" in operands[0] and "{z}" not in operands[0])
            # An instruction of three operands writes the first only.
            merges = merges and not (name == "imul" and len(operands) == 3)
            sources = [self._level(operand, state) for operand in (operands if merges or NO_RESULT.match(name) else operands[1:])]
            sources += [state.of(mask) for operand in operands for mask in re.findall(r"\{(k[1-7])\}", operand)]
            if READS_FLAGS.match(name):
                sources.append(state.of(FLAGS))
            # A constant stored to memory is no register put aside.
            level = max(sources, default=ZERO)
            if not self._keeps_words(name, plain):
                level = self._computed(level)
        if SETS_FLAGS.match(name):
            state.put(FLAGS, level)
        if not NO_RESULT.match(name):
            self._write(operands[0], level, state)

    @staticmethod
    def _keeps_words(name: str, operands: list[str]) -> bool:
        """Whether a length or a pointer is still one after this."""
        last = re.fullmatch(r"0x([0-9a-f]+)", operands[-1])
        constant = int(last[1], 16) if last else None
        if name == "and":
            return constant is not None and constant >> 31 & 1 == 1
        if name == "shr":
            return constant is not None and constant <= SMALL_SHIFT
        return bool(POINTER.match(name))

    @staticmethod
    def _computed(level: int) -> int:
        return DERIVED if level > PUBLIC else PUBLIC

    def _level(self, operand: str, state: State) -> int:
        operand = operand.split("{")[0].strip()
        address = memory(operand)
        if address is None:
            name = register(operand)
            return state.levels.get(name, PUBLIC) if name else PUBLIC
        if address.constant and address.index is None:
            return PUBLIC
        slot = self._slot(address)
        if slot is not None and slot in state.public_slots:
            return PUBLIC
        return LOADED if address.width == 8 else DERIVED

    def _slot(self, address: Memory) -> str | None:
        return None if address.base == "rbp" and not self.has_frame else address.slot

    def _write(self, operand: str, level: int, state: State) -> None:
        address = memory(operand)
        if address is None:
            name = register(operand.split("{")[0].strip())
            if name:
                state.put(name, level)
        elif self._slot(address) is not None:
            state.store(self._slot(address) or "", level == PUBLIC and address.width >= 4)

    def _shown(self, instruction: Instruction, state: State) -> list[Finding]:
        name, operands = instruction.name, instruction.operands
        text = f"{name} {', '.join(operands)}"
        kinds = []
        if CONDITIONAL.match(name) and state.of(FLAGS):
            kinds.append("branch")
        if name == "jmp" and operands and not re.match(r"[0-9a-f]+\b", operands[0]):
            kinds.append("jump")
        if DIVIDES.match(name) and (max(self._level(o, state) for o in operands) or (len(operands) == 1 and state.of("rax", "rdx"))):
            kinds.append("division")
        address = next(filter(None, map(memory, operands)), None)
        if address is not None and name not in ("lea", "nop", "nopw", "nopl"):
            masks = (
                [state.of(mask) for operand in operands for mask in re.findall(r"\{(k[1-7])\}", operand)] if SCATTERS.match(name) else []
            )
            used = [state.of(part) for part in (address.base, address.index) if part]
            if max((*used, *masks), default=PUBLIC) >= DERIVED:
                kinds.append("address")
        return [Finding(instruction.address, kind, text) for kind in kinds]

"""The instruction set Thumb-2 of microcontrollers, as objdump writes it, for tools/dataflow.py."""

from __future__ import annotations

import re

from dataflow import DERIVED, FLAGS, LOADED, PUBLIC, Finding, Instruction, State

_CONDITION = r"(?P<condition>eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?"
_STEMS = (
    "ldrsb|ldrsh|ldrb|ldrh|ldrd|ldr|strb|strh|strd|str|ldmia|ldmdb|ldm|stmia|stmdb|stm|push|pop|umull|umlal|umaal|smull|smlal|smlabb|smulbb"
    "|movw|movt|mov|mvn|neg|addw|add|adc|subw|sub|sbc|rsb|and|orr|orn|eor|bic|lsl|lsr|asr|ror|rrx|mul|mla|mls|cmp|cmn|tst|teq|clz|rbit|rev16|rev"
    "|uxtab|uxtah|uxtb16|uxtb|uxth|sxtab|sxtah|sxtb|sxth|ubfx|sbfx|bfi|bfc|adr|sdiv|udiv|smmul|smmla|usat|ssat|pkhbt|pkhtb|uadd8|usub8|sel"
)
_NAME = re.compile(rf"^(?P<stem>{_STEMS})(?P<sets>s)?{_CONDITION}$")
_BRANCH = re.compile(rf"^b{_CONDITION}$")
_RETURN = re.compile(rf"^bx{_CONDITION}$")
_REGISTER = re.compile(r"^(r\d+|sl|fp|ip|sp|lr|pc|sb)$")
LONG_PRODUCTS = {"umull", "umlal", "umaal", "smull", "smlal"}
COMPARES = {"cmp", "cmn", "tst", "teq"}
COPIES = {"mov", "mvn", "neg", "uxtb16", "uxtb", "uxth", "sxtb", "sxth", "clz", "rbit", "rev", "rev16", "movw", "adr"}
# What pointers and lengths are computed with: a whole word from memory stays one.
POINTER = {"mov", "add", "addw", "sub", "subw", "rsb", "neg", "adr", "lsl", "bic"}
READS_CARRY = {"adc", "sbc", "rrx", "sel"}
# They write no register of the function.
OTHERS = re.compile(r"^(cbn?z|nop|udf|tb[bh]|it[te]*)$")
CALLER_SAVED = ("r0", "r1", "r2", "r3", "ip", "lr", FLAGS)


def _registers(operand: str) -> list[str]:
    return [part for part in re.findall(r"[a-z]\w*", operand) if _REGISTER.match(part)]


class Arm:
    """Any function."""

    def targets(self, instruction: Instruction) -> tuple[list[int], bool]:
        """Where it may jump to, and whether the next instruction may follow."""
        name, operands = instruction.name, instruction.operands
        branch = _BRANCH.match(name)
        if branch or name in ("cbz", "cbnz"):
            target = int(operands[-1].split()[0], 16)
            return [target], name != "b"
        ends = name in ("bx", "udf", "tbb", "tbh") or (name in ("pop", "ldmia") and "pc" in operands[-1])
        return [], not ends

    def step(self, instruction: Instruction, state: State) -> list[Finding]:
        """Changes the state as the instruction does, and says what it shows."""
        found = self._shown(instruction, state)
        name, operands = instruction.name, instruction.operands
        known = _NAME.match(name)
        if name in ("bl", "blx"):
            for saved in CALLER_SAVED:
                state.put(saved, LOADED)
        elif known:
            self._compute(known["stem"], bool(known["sets"]), bool(known["condition"]), operands, state)
        elif not (_BRANCH.match(name) or _RETURN.match(name) or OTHERS.match(name)) and operands:
            # Whatever it is, it may write its first operand and the flags, from all it names.
            level = DERIVED if max(state.of(*_registers(operand)) for operand in operands) or "[" in "".join(operands) else PUBLIC
            for register in (*_registers(operands[0]), FLAGS):
                state.put(register, level)
        return found

    def _compute(self, stem: str, sets: bool, predicated: bool, operands: tuple[str, ...], state: State) -> None:
        level = PUBLIC
        written: list[str] = []
        if stem.startswith("ldr"):
            address = next(operand for operand in operands if operand.startswith("["))
            written = [operand for operand in operands if _REGISTER.match(operand)][: 2 if stem == "ldrd" else 1]
            for offset, name in enumerate(written):
                self._put(name, self._loaded(stem, address, 4 * offset, state), predicated, state)
            return
        if stem.startswith("str"):
            address = next(operand for operand in operands if operand.startswith("["))
            for offset, name in enumerate(operand for operand in operands if _REGISTER.match(operand)):
                slot = self._slot(address, 4 * offset)
                if slot is not None:
                    state.store(slot, state.of(name) == PUBLIC and stem in ("str", "strd"))
            return
        if stem in ("stmia", "stmdb", "stm", "push", "pop"):
            for name in _registers(operands[-1]) if stem == "pop" else []:
                self._put(name, PUBLIC, False, state)
            return
        if stem in ("ldmia", "ldmdb", "ldm"):
            for name in _registers(operands[1]):
                self._put(name, LOADED, predicated, state)
            return
        sources = [state.of(*_registers(operand)) for operand in operands[1:]]
        if stem in COMPARES:
            state.put(FLAGS, DERIVED if max(state.of(*_registers(operands[0])), *sources) else PUBLIC)
            return
        if stem in LONG_PRODUCTS:
            written = list(operands[:2])
            sources = [state.of(operand) for operand in (operands if stem in ("umlal", "umaal", "smlal") else operands[2:])]
        else:
            written = [operands[0]]
            if (len(operands) == 2 and stem not in COPIES) or stem in ("bfi", "movt", "bfc"):
                sources.append(state.of(operands[0]))
        if stem in READS_CARRY:
            sources.append(state.of(FLAGS))
        level = max(sources, default=PUBLIC)
        if stem not in POINTER and not (stem == "lsr" and re.fullmatch(r"#[1-6]", operands[-1])):
            level = DERIVED if level else PUBLIC
        if stem == "eor" and len(operands) == 3 and operands[1] == operands[2]:
            level = PUBLIC
        if sets:
            state.put(FLAGS, level)
        for name in written:
            self._put(name, level, predicated, state)

    @staticmethod
    def _put(name: str, level: int, predicated: bool, state: State) -> None:
        if predicated:
            # Written or not by a condition, which may be secret.
            level = max(level, state.of(name), DERIVED if state.of(FLAGS) else PUBLIC)
        state.put(name, level)

    @staticmethod
    def _slot(address: str, offset: int) -> str | None:
        found = re.fullmatch(r"\[sp(?:, #(\d+))?\]", address)
        return f"sp+{int(found[1] or 0) + offset}" if found else None

    def _loaded(self, stem: str, address: str, offset: int, state: State) -> int:
        slot = self._slot(address, offset)
        if (slot is not None and slot in state.public_slots) or address.startswith("[pc"):
            return PUBLIC
        return LOADED if stem in ("ldr", "ldrd") else DERIVED

    def _shown(self, instruction: Instruction, state: State) -> list[Finding]:
        name, operands = instruction.name, instruction.operands
        text = f"{name} {', '.join(operands)}"
        kinds = []
        conditional = (_BRANCH.match(name) or _RETURN.match(name) or {"condition": None})["condition"]
        known = _NAME.match(name)
        # Skipped instructions take as long as others unless they go to memory.
        skipped = known is not None and known["condition"] and re.match(r"ld|st|push|pop", known["stem"])
        if ((conditional or skipped) and state.of(FLAGS)) or (name in ("cbz", "cbnz") and state.of(operands[0])):
            kinds.append("branch")
        if name in ("tbb", "tbh") or (name == "mov" and operands[0] == "pc") or (name == "bx" and operands[0] != "lr"):
            kinds.append("jump")
        if re.match(r"[us]div", name) and state.of(*operands):
            kinds.append("division")
        address = next((operand for operand in operands if operand.startswith("[")), None)
        if address is not None and name not in ("tbb", "tbh") and state.of(*_registers(address)) >= DERIVED:
            kinds.append("address")
        return [Finding(instruction.address, kind, text) for kind in kinds]

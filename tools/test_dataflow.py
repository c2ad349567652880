"""The analysis of machine code finds what shows a secret, and nothing else."""

from __future__ import annotations

import unittest

from dataflow import Instruction, Processor, analyse
from dataflow_arm import Arm
from dataflow_x86 import X86
from disassembly import operands


def code(text: str) -> list[Instruction]:
    """Instructions, one a line, at the addresses 0, 4, 8, ..."""
    rows = [line.strip().partition(" ") for line in text.strip().splitlines()]
    return [Instruction(4 * number, name, operands(rest)) for number, (name, _, rest) in enumerate(rows)]


def shown(text: str, processor: type[Arm] | None = None) -> list[tuple[int, str]]:
    """Lines and kinds of what is found."""
    instructions = code(text)
    chosen: Processor = processor() if processor else X86(instructions)
    return [(finding.address // 4, finding.kind) for finding in analyse(instructions, chosen)]


class X86Code(unittest.TestCase):
    """Intel's operands."""

    def test_branch_on_what_was_read(self) -> None:
        self.assertEqual(shown("mov eax,DWORD PTR [rdi]\ntest eax,eax\nje 10\nnop\nret"), [(2, "branch")])
        self.assertEqual(shown("test rsi,rsi\nje c\nmov eax,DWORD PTR [rdi]\nret"), [])

    def test_loop_carries_what_was_read(self) -> None:
        self.assertEqual(shown("xor eax,eax\nadd eax,DWORD PTR [rdi]\ndec rsi\njne 4\ncmp eax,0x5\nja 0\nret"), [(5, "branch")])

    def test_tables(self) -> None:
        self.assertEqual(shown("movzx eax,BYTE PTR [rdi]\nmov ecx,DWORD PTR [rsi+rax*4]\nret"), [(1, "address")])
        self.assertEqual(shown("mov rax,QWORD PTR [rdi]\nshr rax,0x38\nmov ecx,DWORD PTR [rsi+rax*4]\nret"), [(2, "address")])
        self.assertEqual(shown("mov rax,QWORD PTR [rdi]\nmov ecx,DWORD PTR [rax+rdx*4+0x8]\nret"), [])

    def test_gathers(self) -> None:
        narrow = "vpmovzxbd zmm1,XMMWORD PTR [rdi]\nkxnorw k1,k0,k0\nvpgatherdd zmm2{k1},DWORD PTR [rsi+zmm1*4]\nret"
        constant = "vmovdqa64 zmm1,ZMMWORD PTR [rip+0x40]\nkxnorw k1,k0,k0\nvpgatherdd zmm2{k1},DWORD PTR [rsi+zmm1*4]\nret"
        self.assertEqual(shown(narrow), [(2, "address")])
        self.assertEqual(shown(constant), [])

    def test_stack(self) -> None:
        self.assertEqual(shown("mov QWORD PTR [rsp+0x8],rsi\ncall 400\nmov rax,QWORD PTR [rsp+0x8]\ntest rax,rax\nje 400\nret"), [])
        self.assertEqual(shown("mov rax,QWORD PTR [rsp+0x8]\ntest rax,rax\nje 0\nret"), [(2, "branch")])
        zeroed = "vpxor xmm0,xmm0,xmm0\nvmovdqa XMMWORD PTR [rsp],xmm0\ncall 400\nmovzx eax,BYTE PTR [rsp]\ntest al,al\nje 0\nret"
        self.assertEqual(shown(zeroed), [(5, "branch")])

    def test_divisions_and_jumps(self) -> None:
        self.assertEqual(shown("mov rax,QWORD PTR [rdi]\ndiv rsi\nret"), [(1, "division")])
        self.assertEqual(shown("mov rax,rdi\nxor edx,edx\ndiv rsi\nret"), [])
        self.assertEqual(shown("jmp rax"), [(0, "jump")])

    def test_selection_is_no_branch(self) -> None:
        self.assertEqual(shown("mov eax,DWORD PTR [rdi]\ntest eax,eax\ncmovne ecx,edx\nsete al\nret"), [])


class ArmCode(unittest.TestCase):
    """Thumb-2."""

    def test_branches(self) -> None:
        self.assertEqual(shown("ldr r0, [r1, #4]\ncmp r0, #3\nbeq 0\nbx lr", Arm), [(2, "branch")])
        self.assertEqual(shown("ldrb r0, [r1]\ncbz r0, 0\nbx lr", Arm), [(1, "branch")])
        self.assertEqual(shown("subs r1, #1\nbne 0\nbx lr", Arm), [])

    def test_tables(self) -> None:
        self.assertEqual(shown("ldrb r0, [r1]\nldr r2, [r3, r0, lsl #2]\nbx lr", Arm), [(1, "address")])
        self.assertEqual(shown("ldrb r0, [r1]\nadd r3, r0\nldrb r2, [r3]\nbx lr", Arm), [(2, "address")])
        self.assertEqual(shown("ldr r0, [r1]\nldr r2, [r0, #4]\nbx lr", Arm), [])
        self.assertEqual(shown("tbb [pc, r0]", Arm), [(0, "jump")])

    def test_predicated(self) -> None:
        self.assertEqual(shown("ldr r0, [r1]\ncmp r0, #3\nit eq\nmoveq r2, #1\nbx lr", Arm), [])
        self.assertEqual(shown("ldr r0, [r1]\ncmp r0, #3\nit eq\nldreq r2, [r3]\nbx lr", Arm), [(3, "branch")])
        self.assertEqual(shown("ldr r0, [r1]\ncmp r0, #3\nit eq\nmoveq r2, #1\ncmp r2, #1\nbeq 0\nbx lr", Arm), [(5, "branch")])

    def test_division_and_stack(self) -> None:
        self.assertEqual(shown("ldr r0, [r1]\nudiv r0, r0, r2\nbx lr", Arm), [(1, "division")])
        self.assertEqual(shown("str r0, [sp, #4]\nbl 400\nldr r0, [sp, #4]\ncmp r0, #1\nbeq 0\nbx lr", Arm), [])

    def test_unknown_instruction(self) -> None:
        self.assertEqual(shown("ldr r0, [r1]\nuqsub8 r2, r3, r0\ncmp r2, #0\nbeq 0\nbx lr", Arm), [(3, "branch")])


if __name__ == "__main__":
    unittest.main()

"""The CPU-bound firmware of the bench: a ROM pair that never waits, and the few lines of assembler it is made with.

A pass is a mix like compiled code: moves, arithmetic, table look-ups, calls with arguments, shifts, block transfers,
a multiplication and a division, jumps by data. Interrupts stay off, no port is touched. The 32-bit counter of passes
at 00500 is how the work of another emulator is counted in its RAM dump.

>>> image = rom_image()
>>> len(image), image[0x1FFF0:0x1FFF5].hex()
(131072, 'ea000000f0')
"""

from __future__ import annotations

import re

COUNTER = 0x500
"""Where the passes are counted, 4 bytes, low first."""

SOURCE = """
        FA FC                   ; DI; CLR1 DIR
        31 C0 8E D8 8E C0 8E D0 ; XOR AW,AW; DS0 DS1 SS = 0
        BC 00 80                ; MOV SP,8000
        BF 00 05 B9 00 08 F3 AB ; MOV IY,500; MOV CW,800; REP STMW
        BE 34 12                ; MOV IX,1234 (the random number)
pass:   B9 40 00                ; MOV CW,64
        BB 00 10                ; MOV BW,1000 (the table)
fill:   89 F0                   ; MOV AW,IX
        D1 E0                   ; SHL AW,1
        73 <even                ; BNC
        35 2D 00                ; XOR AW,002D
even:   89 C6                   ; MOV IX,AW
        89 07                   ; MOV [BW],AW
        01 47 02                ; ADD [BW+2],AW
        83 C3 02                ; ADD BW,2
        E2 <fill                ; DBNZ
        B9 40 00                ; MOV CW,64
        31 D2 31 ED             ; XOR DW,DW; XOR BP,BP
        BF 00 10                ; MOV IY,1000
sum:    8B 05                   ; MOV AW,[IY]
        01 C2                   ; ADD DW,AW
        83 D5 00                ; ADDC BP,0
        3D 00 40                ; CMP AW,4000
        72 <low                 ; BC
        F7 D0                   ; NOT AW
        29 45 FE                ; SUB [IY-2],AW
low:    A8 01                   ; TEST AL,1
        74 <next                ; BE
        42                      ; INC DW
next:   47 47                   ; INC IY; INC IY
        E2 <sum                 ; DBNZ
        B9 10 00                ; MOV CW,16
calls:  51                      ; PUSH CW
        52                      ; PUSH DW
        E8 <<mix                ; CALL
        58                      ; POP AW
        59                      ; POP CW
        E2 <calls               ; DBNZ
        B9 20 00                ; MOV CW,32
        BE 00 10 BF 00 12       ; MOV IX,1000; MOV IY,1200
        F3 A5                   ; REP MOVBKW
        BE 00 12 B9 20 00       ; MOV IX,1200; MOV CW,32
bytes:  AC                      ; LDMB
        0C 01                   ; OR AL,1
        F6 D8                   ; NEG AL
        88 44 7F                ; MOV [IX+7F],AL
        E2 <bytes               ; DBNZ
        A1 02 10                ; MOV AW,[1002]
        F7 26 06 10             ; MULU [1006]
        BB 01 FF                ; MOV BW,FF01
        31 D2                   ; XOR DW,DW
        F7 F3                   ; DIVU BW
        A3 00 11                ; MOV [1100],AW
        8B 36 04 10             ; MOV IX,[1004]
        83 CE 01                ; OR IX,1
        FF 06 00 05             ; INC [0500]
        75 <again               ; BNZ
        FF 06 02 05             ; INC [0502]
again:  E9 <<pass               ; BR
mix:    55                      ; PUSH BP
        89 E5                   ; MOV BP,SP
        8B 46 04                ; MOV AW,[BP+4]
        8A E0                   ; MOV AH,AL
        D0 C4                   ; ROL AH,1
        C1 E8 03                ; SHR AW,3
        B1 02 D3 E0             ; MOV CL,2; SHL AW,CL
        33 46 00                ; XOR AW,[BP+0]
        89 46 04                ; MOV [BP+4],AW
        5D                      ; POP BP
        C3                      ; RET
"""


def assemble(source: str) -> bytes:
    """Bytes as they are written; `name:` marks a place, `<name` is its 8-bit and `<<name` its 16-bit distance.

    >>> assemble("here: 90 EB <here").hex()
    '90ebfd'
    """
    code = bytearray()
    places: dict[str, int] = {}
    distances: list[tuple[int, int, str]] = []
    for line in source.splitlines():
        for word in line.partition(";")[0].split():
            if word.endswith(":"):
                places[word[:-1]] = len(code)
            elif match := re.fullmatch(r"(<{1,2})(\w+)", word):
                distances.append((len(code), len(match[1]), match[2]))
                code += bytes(len(match[1]))
            else:
                code.append(int(word, 16))
    for at, size, name in distances:
        code[at : at + size] = (places[name] - at - size).to_bytes(size, "little", signed=True)
    return bytes(code)


def rom_image(program: bytes | None = None) -> bytes:
    """128 KB for E0000-FFFFF with a program (default: the mix) at F0000, which reset jumps to."""
    rom = bytearray(b"\x90" * 0x20000)
    code = assemble(SOURCE) if program is None else program
    rom[0x10000 : 0x10000 + len(code)] = code
    rom[0x1FFF0:0x1FFF5] = bytes.fromhex("EA000000F0")
    return bytes(rom)

; OpenM1: free firmware for the NEC V50 board of the Korg M1. Top file: the order of the parts and the layout of the 128 KB image.
; Not made by Korg, contains nothing of Korg's. See README.md for the memory map, the tables and how it is built.
;
; The image is E0000-FFFFF. Code and constants live in the segment F000; E0000-EFFFF holds only the identification text.
; What is not used is BRK 3: a CPU that loses its way there freezes (freeze.asm).

        cpu     186
        bits    16

%include "version.inc"
%include "nec.inc"
%include "io.inc"
%include "ram.inc"
%include "sound.inc"
%include "notes.inc"

UNUSED          equ     0CCh            ; BRK 3

        section ident start=0 vstart=0
        db      "OpenM1 ", VERSION, ". Free firmware for the Korg M1 board (NEC V50), not made by Korg. IC32 = even bytes, IC23 = odd bytes.", 0
        times   10000h - ($ - $$) db UNUSED

        section code start=10000h vstart=0
%include "reset.asm"
%include "freeze.asm"
%include "boot.asm"
%include "tick.asm"
%include "serial.asm"
%include "lcd.asm"
%include "text.asm"
%include "store.asm"
%include "layout.asm"
%include "main.asm"
%include "play.asm"
%include "global.asm"
%if NOTES_FIRST
%include "keyboard.asm"
%include "parts.asm"
%include "notes.asm"
%include "mono.asm"
%include "drums.asm"
%include "allocate.asm"
%endif
%include "midi.asm"
%include "sysex.asm"
%include "receive.asm"
%include "dump.asm"
%include "card.asm"
%include "cardbank.asm"
%include "cardfile.asm"
%if !NOTES_FIRST
%include "keyboard.asm"
%include "parts.asm"
%include "notes.asm"
%include "mono.asm"
%include "drums.asm"
%include "allocate.asm"
%endif
%include "control.asm"
%include "analogue.asm"
%include "effects.asm"
%include "laws.asm"
%include "envelope.asm"
%include "modulation.asm"
%include "mg.asm"
%include "pitch.asm"
%include "voice.asm"
%include "update.asm"
%include "prepare.asm"
%include "tables.asm"
%include "sound_tables.inc"
%if HAS_NAMES_PAGE
%include "names.asm"
%include "name_tables.inc"
%endif
        times   0FFF0h - ($ - $$) db UNUSED
        jmp     ROM_SEGMENT:reset       ; FFFF0: where the V50 starts
        db      VERSION, 0
        times   0FFFCh - ($ - $$) db UNUSED
rom_sums:                               ; filled in by the build tool: sum of the even bytes and of the odd bytes of E0000-FFFFB
        dw      0, 0

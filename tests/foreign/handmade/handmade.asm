; A firmware for the V50 board of the Korg M1 with habits unlike OpenM1's: a trial for the tools that take firmware apart.
; Not made by Korg, contains nothing of Korg's. README.md says what is in it, planted.toml in what its versions differ.
;
; 32 KB at F8000-FFFFF, segment F800. The build tool repeats them four times in the 128 KB, or leaves the rest FF.

        cpu     186
        bits    16

%include "version.inc"
%include "nec.inc"
%include "board.inc"
%include "ram.inc"

        org     0
start_of_rom:
%include "text.asm"
%include "lcd.asm"
%include "cell.asm"
%include "store.asm"
%include "tick.asm"
%include "tasks.asm"
%include "midi.asm"
%include "pages.asm"
%include "boot.asm"
%include "tables.asm"
        times   7FF0h - ($ - $$) db 0FFh
        jmp     ROM:reset
        db      "HM", VERSION_TEXT
        times   8000h - ($ - $$) db 0FFh

; An interrupt that OpenM1 does not use means that the CPU has lost its way, or that something pulls a line it should not.
; The machine stops where it is: interrupts off, LCD, LEDs and sound chips as they were. The vector is noted in RAM, and the next
; power-on shows it.

FREEZE_ENTRY_SIZE equ   5
FREEZE_CODE     equ     80h             ; RAM Error 80-87: vectors 0-7
FREEZE_LEVEL    equ     88h             ; 8A-8E: a level of the ICU that is masked
FREEZE_OTHER    equ     8Fh             ; every other vector

freeze_entries:                         ; one for each vector; no stack needed
%assign vector 0
%rep 256
        mov     al, vector
        jmp     near freeze
%assign vector vector + 1
%endrep
        times   -($ - freeze_entries != 256 * FREEZE_ENTRY_SIZE) db 0

freeze:                                 ; AL = vector
        cli
        xor     bx, bx
        mov     ds, bx
        cmp     word [FROZEN], FROZEN_MARK
        je      .halt                   ; the first cause counts: an NMI ends the HLT and comes back here
        mov     [FROZEN_VECTOR], al
        not     al
        mov     [FROZEN_VECTOR + 1], al
        mov     word [FROZEN], FROZEN_MARK
.halt:
        mov     al, 0FFh
        out     ICU_1, al               ; all levels masked: a request would end the HLT even with interrupts off
.again:
        hlt
        jmp     .again

; AL = code of the freeze that was noted, 0 = none. The note is taken away.
freeze_code:
        xor     al, al
        cmp     word [FROZEN], FROZEN_MARK
        jne     .end
        mov     word [FROZEN], 0
        mov     bx, [FROZEN_VECTOR]
        not     bh
        cmp     bl, bh
        jne     .end
        mov     al, FREEZE_CODE
        cmp     bl, 7
        jbe     .add
        mov     al, FREEZE_OTHER
        sub     bl, VECTOR_BASE
        cmp     bl, 7
        ja      .end
        mov     al, FREEZE_LEVEL
.add:
        add     al, bl
.end:
        ret

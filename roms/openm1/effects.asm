; The effect block of the program or combination goes to the MDE when it is another one: 25 bytes into its shadow, then they are
; taken over. The registers are this emulator's (H-MDEP).

; Changes AX, CX, DX, SI, DI.
effects_update:
        mov     si, prog_edit + 38
        cmp     byte [combi_plays], 0
        je      .block
        mov     si, combi_edit + 11
.block:
        cmp     byte [effects_known], 0
        je      .send
        push    si
        mov     di, effects_sent
        mov     cx, EFFECT_SIZE
        repe cmpsb
        pop     si
        je      .end
.send:
        mov     byte [effects_known], 1
        mov     di, effects_sent
        mov     cx, EFFECT_SIZE
        xor     al, al
        mov     dx, MDE_INDEX
        out     dx, al
        mov     dx, MDE_DATA
.byte:
        lodsb
        stosb
        out     dx, al
        loop    .byte
        mov     dx, MDE_COMMAND
%if COMMANDS_BY_ONE
        mov     al, 1                   ; else the last byte sent: any does it
%endif
        out     dx, al
.end:
        ret

; The keyboard scanner port: a queue read byte by byte (a hypothesis of the emulator, H-SCAN; the real part is undocumented).
; 00 = empty, FF = nothing there; an event is 80h + key (0-60), then the velocity, 0 for a release.

LOWEST_NOTE     equ     36
KEYS            equ     61
TRANSPOSE_MAX   equ     12
EVENTS_A_TICK   equ     8

keyboard_service:                       ; BX kept
        push    bx
        mov     cx, EVENTS_A_TICK
.event:
        mov     dx, KEY_SCAN
        in      al, dx
        sub     al, 80h
        cmp     al, KEYS
        jae     .end                    ; empty, absent or out of step
        mov     bl, al
        in      al, dx
        mov     bh, al
        mov     al, [SET_CHANNEL]
        or      al, 90h
        call    midi_put
        mov     al, bl
        add     al, LOWEST_NOTE
        mov     ah, [TRANSPOSE]         ; a dump may have brought more than an octave
        cmp     ah, TRANSPOSE_MAX
        jle     .not_above
        mov     ah, TRANSPOSE_MAX
.not_above:
        cmp     ah, -TRANSPOSE_MAX
        jge     .not_below
        mov     ah, -TRANSPOSE_MAX
.not_below:
        add     al, ah
        call    midi_put
        mov     al, bh
        and     al, 7Fh
        call    midi_put
        loop    .event
.end:
        pop     bx
        ret

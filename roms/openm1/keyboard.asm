; The keyboard scanner port: a queue read byte by byte (a hypothesis of the emulator, H-SCAN; the real part is undocumented).
; 00 = empty, FF = nothing there; an event is 80h + key (0-60), then the velocity, 0 for a release.
; A note plays on the global channel, unless local control is off, and goes to MIDI OUT.

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
        xor     bh, bh
        mov     si, bx
        shl     si, 1
        in      al, dx
        mov     bh, al
        and     bh, 7Fh
        jnz     .sounds
        mov     ax, [key_notes + si]    ; a release is for what the press sent, whatever was changed in between
        test    al, al
        jnz     .send
.sounds:
        mov     ah, [TRANSPOSE]         ; a dump may have brought more than an octave
        cmp     ah, TRANSPOSE_MAX
        jle     .not_above
        mov     ah, TRANSPOSE_MAX
.not_above:
        cmp     ah, -TRANSPOSE_MAX
        jge     .not_below
        mov     ah, -TRANSPOSE_MAX
.not_below:
        add     ah, LOWEST_NOTE
        add     ah, bl                  ; 24-108
        mov     al, [SET_CHANNEL]
        or      al, 90h
        mov     [key_notes + si], ax
.send:
        push    ax
        cmp     byte [local_off], 0
        je      .local
        test    bh, bh
        jnz     .sent                   ; a release counts: the press may have been before
.local:
        push    bx
        push    cx
        mov     dl, al
        and     dl, 0Fh
        mov     al, ah
        mov     ah, bh
        call    note_event
        pop     cx
        pop     bx
        pop     ax
        push    ax
.sent:
        call    midi_put
        pop     ax
        mov     al, ah
        call    midi_put
        mov     al, bh
        call    midi_put
        loop    .event
.end:
        pop     bx
        ret

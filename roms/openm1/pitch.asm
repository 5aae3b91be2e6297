; The INCREMENT of a pitch: 2 to the power of semitones / 12, in 1/1048576.

; DX:AX = 16.16 semitones above the zone's root. DL:AX = increment, 24 bits. BX, CX, DX changed.
increment:
        cmp     dx, 48
        jge     .highest
        cmp     dx, -120
        jl      .lowest
        mov     cx, ax
        mov     ax, dx
        add     ax, 120
        mov     dl, 12
        div     dl                      ; AL = octave + 10, AH = semitone
        push    ax
        mov     bl, ah
        xor     bh, bh
        shl     bx, 6
        mov     ax, cx
        mov     al, ah
        xor     ah, ah
        shr     al, 2                   ; 64 steps in a semitone
        add     bx, ax
        shl     bx, 1
        shl     cx, 6                   ; CX = part of a step
        mov     ax, [cs:pitch_table + bx + 2]
        mov     bx, [cs:pitch_table + bx]
        sub     ax, bx
        mul     cx
        add     bx, dx                  ; 1:BX = 2 to the power of the part above the octave
        pop     cx
        mov     ax, bx
        sub     cl, 6
        jb      .smaller
        mov     bl, cl
        xor     bh, bh
        shl     bx, 1
        mov     cx, [cs:powers + bx]
        mul     cx
        add     dx, cx
        ret
.smaller:
        neg     cl
        dec     cl
        stc
        rcr     ax, 1
        shr     ax, cl
        xor     dx, dx
        ret
.highest:
        mov     ax, 0FFFFh
        mov     dx, 00FFh
        ret
.lowest:
        xor     ax, ax
        xor     dx, dx
        ret

powers:         dw      1, 2, 4, 8, 16, 32, 64, 128

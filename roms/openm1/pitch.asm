; The INCREMENT of a pitch: 2 to the power of semitones / 12, in 1/1048576.

; DX:AX = 16.16 semitones above the zone's root. DL:AX = increment, 24 bits. BX, CX, DX changed.
increment:
        cmp     dx, 48
        jge     .highest
        cmp     dx, -120
        jl      .lowest
        mov     cx, ax
        mov     bx, dx
        shl     bx, 1
        shl     bx, 1
        mov     al, ah
        xor     ah, ah
        shr     al, 1
        and     al, 7Eh                 ; 64 steps in a semitone
        add     ax, [cs:semitones + 480 + bx]
        mov     dx, [cs:semitones + 482 + bx]
        mov     bx, ax
        shl     cx, 6                   ; CX = part of a step
        mov     ax, [cs:bx + 2]
        mov     bx, [cs:bx]
        sub     ax, bx
        xchg    cx, dx                  ; CX = octave's factor
        mul     dx
        mov     ax, bx
        add     ax, dx                  ; 1:AX = 2 to the power of the part above the octave
        test    cx, cx
        jle     .smaller
        mul     cx
        add     dx, cx
        ret
.smaller:
        neg     cx
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

; for each semitone from -120: where its steps begin in pitch_table; what the octave multiplies by, or minus how many places it
; shifts down after the first
semitones:
%assign semitone 0
%rep 168
        dw      pitch_table + semitone % 12 * 128
  %if semitone < 72
        dw      semitone / 12 - 5
  %else
        dw      1 << (semitone / 12 - 6)
  %endif
%assign semitone semitone + 1
%endrep

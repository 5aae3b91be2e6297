; What a note settles for a voice once: level, filter, depths and how the EGs' times are shifted.

; SI = voice, BP = its number, nr_* the note: all of the voice but V_STATE, V_STAMP, V_AMPLITUDE, V_WAIT.
note_prepare:
        mov     ax, bp
        mov     cl, 5
        shl     ax, cl
        add     ax, VDF
        mov     [si + V_VDF], ax        ; the second chip's ports follow the first one's
        add     ax, TG - VDF
        mov     [si + V_TG], ax
        mov     ax, [nr_program]
        mov     [si + V_PROGRAM], ax
        mov     bx, [nr_block]
        mov     [si + V_BLOCK], bx
        mov     al, [nr_part]
        and     ax, PARTS - 1
        mov     [si + V_PART], al
        mov     ah, MODULATION_SIZE
        mul     ah
        add     ax, modulation
        mov     [si + V_MODULATION], ax
        mov     al, [nr_key]
        mov     [si + V_KEY], al
        mov     al, [nr_osc]
        mov     [si + V_OSC], al
        mov     ah, MG_OSC1
        test    al, al
        jz      .switch
        mov     ah, MG_OSC2
.switch:
        mov     [si + V_MG_SWITCH], ah
        mov     al, [nr_pan]
        mov     [si + V_PAN], al
        mov     al, [nr_decay]
        mov     [si + V_DECAY], al
        mov     ax, [nr_pitch]
        mov     [si + V_PITCH], ax
        mov     ax, [nr_pitch + 2]
        mov     [si + V_PITCH + 2], ax
        xor     ax, ax
        mov     [si + V_MG1], ax
        mov     [si + V_MG1 + 2], ax
        mov     [si + V_MG2], ax
        mov     [si + V_MG2 + 2], ax
        mov     di, [nr_zone]
        mov     [si + V_ZONE], di
        test    byte [cs:di + Z_FLAGS], 1
        jnz     .loops
        inc     ax                      ; F_ONE_SHOT
.loops:
        mov     [si + V_FLAGS], al
        mov     ax, [cs:di + Z_END]
        mov     dl, [cs:di + Z_END + 2]
        sub     ax, [cs:di + Z_START]
        sbb     dl, [cs:di + Z_START + 2]
        xor     dh, dh
        mov     cx, 4
.sixteenths:
        shl     ax, 1
        rcl     dx, 1
        loop    .sixteenths
        mov     [si + V_LEFT], ax
        mov     [si + V_LEFT + 2], dx

        ; level: oscillator, velocity, keyboard (H-VDA); then what the note brings
        mov     al, [bx + 23]
        limit_unsigned
        imul    ax, ax, 661             ; 65439 at 99
        push    ax
        mov     al, [bx + 26]
        call    velocity_factor
        pop     dx
        mul     dx
        push    dx
        mov     al, [bx + 25]           ; 99: twice as much four octaves above the centre, nothing four below (H-TRACK)
        limit_signed
        mov     cx, ax
        mov     al, [bx + 24]
        call    keys_from
        imul    cx
        mov     cx, 1765                ; 32768 / (99 * 48) * 256
        imul    cx
        call    scale_256
        add     ax, 8000h
        pop     dx
        mul     dx
        shl     ax, 1
        rcl     dx, 1
        jnc     .level
        mov     dx, 0FFFFh
.level:
        mov     ax, dx
        mul     word [nr_gain]
        mov     ax, dx
        mov     cl, [cs:di + Z_LEVEL]
        xor     ch, ch
        inc     cx
        mul     cx
        mov     al, ah
        mov     ah, dl
        mov     [si + V_GAIN], ax

        ; the EGs: depths and how velocity and keyboard shift their times
        mov     byte [si + V_PITCH_EG + E_KIND], EG_PITCH
        mov     byte [si + V_VDF_EG + E_KIND], EG_VDF
        mov     byte [si + V_VDA_EG + E_KIND], EG_VDA
        mov     word [si + V_VDA_EG + E_SCALE], VDA_EG_SCALE
        mov     al, [bx + 7]
        call    velocity_factor
        mov     dx, PITCH_EG_SCALE
        mul     dx
        mov     [si + V_PITCH_EG + E_SCALE], dx
        mov     al, [bx + 14]
        call    velocity_factor
        mov     cx, ax
        mov     al, [bx + 11]
        limit_unsigned
        imul    ax, ax, 661             ; 65439 at 99
        mul     cx
        mov     ax, dx
        mov     dx, VDF_EG_SCALE
        mul     dx
        mov     [si + V_VDF_EG + E_SCALE], dx
        mov     al, [bx + 6]
        limit_signed
        call    velocity_shift
        mov     [si + V_PITCH_EG + E_VELOCITY], ax
        mov     al, [bx + 13]
        limit_unsigned
        call    velocity_shift
        mov     [si + V_VDF_EG + E_VELOCITY], ax
        mov     al, [bx + 28]
        limit_unsigned
        call    velocity_shift
        mov     [si + V_VDA_EG + E_VELOCITY], ax
        mov     al, [bx + 12]
        mov     ah, [bx + 9]
        call    key_shift
        mov     [si + V_VDF_EG + E_KEY], ax
        mov     al, [bx + 27]
        mov     ah, [bx + 24]
        call    key_shift
        mov     [si + V_VDA_EG + E_KEY], ax

        ; cutoff
        mov     al, [bx + 8]
        limit_unsigned
        mov     di, ax
        shl     di, 1
        mov     di, [cs:cutoff_codes + di]
        xor     dx, dx
        test    byte [nr_flags], NOTE_FIXED
        jnz     .fixed
        mov     al, [bx + 10]
        limit_signed
        mov     cx, ax
        mov     al, [bx + 9]
        call    keys_from
        imul    cx
        mov     cx, ax
        mov     al, TRACK_KEY
        call    keys_from
        imul    ax, ax, FIXED_TRACK
        add     ax, cx                  ; 1/FIXED_TRACK keys, -28245 to 28595
        cmp     ax, TRACK_LIMIT         ; farther than that any cutoff is open or shut
        jle     .not_above
        mov     ax, TRACK_LIMIT
.not_above:
        cmp     ax, -TRACK_LIMIT
        jge     .not_below
        mov     ax, -TRACK_LIMIT
.not_below:
        mov     cx, 256
        imul    cx
        mov     cx, FIXED_TRACK
        idiv    cx
        mov     dx, ax
.fixed:
        mov     ax, di
        call    add_signed
        mov     [si + V_CUTOFF], ax
        ret

; AX = sense: AX = steps off a time, up to half of 99 and from 64 down as many on it (H-EG-TIME).
velocity_shift:
        mov     cl, [nr_velocity]
        sub     cl, 64
        imul    cl
        sar     ax, 7
        ret

; AL = track, AH = key of its centre: AX = steps off a time, half as long an octave up at 99 (H-EG-TIME).
key_shift:
        mov     cl, ah
        limit_unsigned
        xchg    ax, cx
        call    keys_from
        imul    cx
        sar     ax, 6
        ret

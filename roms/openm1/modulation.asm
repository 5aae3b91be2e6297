; What bends a part's voices: joystick, aftertouch, volume, master tune and the MGs that run free. Worked out once for all its voices.
; The depths are laws of ours (H-AT, H-MG).

M_PITCH         equ     0               ; 16.16 semitones
M_CUTOFF        equ     4               ; signed word, codes
M_AMPLITUDE     equ     6               ; word, 8000h = 1
M_MG1           equ     8               ; pitch
M_MG2           equ     18              ; VDF
G_EXTRA         equ     0               ; intensity by joystick and aftertouch, 1/256
G_STEP          equ     2               ; of the phase in an update
G_PHASE         equ     4
G_WAVE          equ     6               ; the free-running MG's value
G_FADE          equ     8               ; what the delay lets it gain in an update
MG_FULL         equ     99 * 256

MG_WAVE         equ     19              ; bytes of a program: waveform and switches, frequency, delay, intensity
MG_FREQUENCY    equ     20
MG_DELAY        equ     21
MG_INTENSITY    equ     22
MG_NEXT         equ     4               ; from the pitch MG's bytes to the VDF MG's
MG_OSC1         equ     20h
MG_OSC2         equ     40h
MG_KEY_SYNC     equ     80h

; SI = part, DI = its modulation, BX = its program; keeps them.
part_modulation:
        mov     al, [bx + 32]           ; pitch bend
        cbw
        imul    word [si + P_BEND]
        shl     ax, 1
        rcl     dx, 1
        shl     ax, 1
        rcl     dx, 1
        shl     ax, 1
        rcl     dx, 1
        mov     [di + M_PITCH], ax
        mov     [di + M_PITCH + 2], dx
        mov     al, [bx + 27]
        imul    byte [si + P_AFTER]
        mov     cx, 516                 ; 65536 / 127
        imul    cx
        add     [di + M_PITCH], ax
        adc     [di + M_PITCH + 2], dx
        call    master_cents
        add     [di + M_PITCH], ax
        adc     [di + M_PITCH + 2], dx

        mov     al, [bx + 33]           ; VDF sweep: 99 is 99 semitones
        call    limit_signed
        mov     dx, [si + P_BEND]
        sar     dx, 5
        imul    dx
        push    ax
        mov     al, [bx + 29]
        call    limit_signed
        imul    byte [si + P_AFTER]
        shl     ax, 1
        pop     dx
        add     ax, dx
        jno     .cutoff
        mov     ax, 7FFFh
        test    dx, dx
        jns     .cutoff
        mov     ax, 8000h
.cutoff:
        mov     [di + M_CUTOFF], ax

        mov     al, [bx + 31]           ; amplitude: nothing at -99, twice as much at 99
        call    limit_signed
        imul    byte [si + P_AFTER]
        mov     cx, 667
        imul    cx
        call    scale_256
        add     ax, 8000h
        mov     cx, ax
        mov     al, [si + P_VOLUME]
        and     ax, 7Fh
        mov     dx, 516
        mul     dx
        mul     ax
        mov     ax, dx
        mul     cx
        mov     [di + M_AMPLITUDE], dx

        push    di
        add     di, M_MG1
        mov     cx, [bx + 34]           ; CL = joystick to intensity, CH = to frequency
        mov     dl, [si + P_MOD1]
        mov     dh, [bx + 28]
        call    mg_control
        add     di, M_MG2 - M_MG1
        add     bx, MG_NEXT
        mov     cx, [bx - MG_NEXT + 36]
        mov     dl, [si + P_MOD2]
        mov     dh, [bx - MG_NEXT + 30]
        call    mg_control
        sub     bx, MG_NEXT
        pop     di
        ret

; DI = MG, BX + MG_WAVE its parameters, CL and CH = what the joystick does to intensity and frequency, DL = joystick, DH = what
; aftertouch does to the intensity: G_EXTRA, G_STEP, G_FADE. All but BX, SI, DI changed.
mg_control:
        mov     al, cl
        call    limit_unsigned
        mul     dl
        mov     bp, ax
        mov     al, dh
        call    limit_unsigned
        mul     byte [si + P_AFTER]
        add     ax, bp
        shl     ax, 1                   ; 127 * 2 is nearly 256
        mov     [di + G_EXTRA], ax
        mov     al, ch
        and     al, 3
        mul     dl
        imul    ax, ax, 20
        mov     cl, ah                  ; 0-29
        mov     al, [bx + MG_FREQUENCY]
        call    limit_unsigned
        add     al, cl
        call    limit_unsigned
        mov     bp, ax
        shl     bp, 1
        mov     ax, [cs:mg_steps + bp]
        mov     [di + G_STEP], ax
        mov     al, [bx + MG_DELAY]
        call    limit_unsigned
        mov     bp, ax
        shl     bp, 1
        mov     ax, [cs:mg_fades + bp]
        mov     [di + G_FADE], ax
        ret

; The free-running MGs of a part go on by an update. DI = modulation, BX = program.
part_advance:
        mov     al, [bx + MG_WAVE]
        mov     dx, [di + M_MG1 + G_STEP]
        add     dx, [di + M_MG1 + G_PHASE]
        mov     [di + M_MG1 + G_PHASE], dx
        call    mg_wave
        mov     [di + M_MG1 + G_WAVE], ax
        mov     al, [bx + MG_WAVE + MG_NEXT]
        mov     dx, [di + M_MG2 + G_STEP]
        add     dx, [di + M_MG2 + G_PHASE]
        mov     [di + M_MG2 + G_PHASE], dx
        call    mg_wave
        mov     [di + M_MG2 + G_WAVE], ax
        ret

; AL bits 0-1 = waveform, DX = phase: AX = value, -8000h to 7FFFh. DX changed.
mg_wave:
        and     al, 3
        jz      .triangle
        cmp     al, 2
        mov     ax, dx
        ja      .rectangle
        jb      .up
        mov     ax, 7FFFh               ; saw down
        sub     ax, dx
        ret
.up:
        sub     ax, 8000h
        ret
.rectangle:
        cwd                             ; up in the first half
        mov     ax, dx
        xor     ax, 7FFFh
        ret
.triangle:
        mov     ax, dx                  ; from 0 up
        shl     ax, 1
        jno     .end                    ; bits 15 and 14 are alike
        not     ax
.end:
        ret

; What an MG gives a voice: AX = intensity, 0 to MG_FULL, CX = value; AX = 0 where it does not reach the oscillator.
; SI = voice, DI = the part's MG, BX + MG_WAVE its parameters, BP = the voice's phase and fade. DX changed.
mg_voice:
        mov     al, [bx + MG_WAVE]
        mov     ah, MG_OSC1
        cmp     byte [si + V_OSC], 0
        je      .switch
        mov     ah, MG_OSC2
.switch:
        test    al, ah
        jz      .none
        mov     cx, [di + G_WAVE]
        test    al, MG_KEY_SYNC
        jz      .free
        mov     dx, [di + G_STEP]
        add     dx, [bp]
        mov     [bp], dx
        call    mg_wave
        mov     cx, ax
.free:
        mov     ah, [bx + MG_INTENSITY]
        cmp     ah, 99
        jbe     .in_range
        mov     ah, 99
.in_range:
        xor     al, al
        mov     dx, [bp + 2]
        cmp     dx, -1
        je      .whole
        add     dx, [di + G_FADE]
        jnc     .fading
        mov     dx, -1
.fading:
        mov     [bp + 2], dx
        cmp     dx, -1
        je      .whole
        shl     dx, 1                   ; silent for the first half of the delay
        jc      .second
        xor     dx, dx
.second:
        mul     dx
        mov     ax, dx
.whole:
        add     ax, [di + G_EXTRA]
        jc      .full
        cmp     ax, MG_FULL
        jbe     .end
.full:
        mov     ax, MG_FULL
.end:
        ret
.none:
        xor     ax, ax
        ret

; DX:AX = master tune, held to 50 cents, in 16.16 semitones.
master_cents:
        mov     al, [MASTER_TUNE]
        cmp     al, 50
        jle     .not_above
        mov     al, 50
.not_above:
        cmp     al, -50
        jge     .not_below
        mov     al, -50
.not_below:
        cbw
        mov     cx, ax
        test    ax, ax
        jns     .magnitude
        neg     ax
.magnitude:
        mov     dx, ax
        xor     ax, ax
        push    bx
        mov     bx, 100
        div     bx                      ; up to 8000h
        pop     bx
        xor     dx, dx
        test    cx, cx
        jns     .end
        neg     ax
        sbb     dx, dx
.end:
        ret

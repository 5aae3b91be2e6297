; What bends a part's voices: joystick, aftertouch, volume, master tune and the MGs that run free. Worked out once for all its voices.
; The depths are laws of ours (H-AT, H-MG).

M_PITCH         equ     0               ; 16.16 semitones
M_CUTOFF        equ     4               ; signed word, codes
M_AMPLITUDE     equ     6               ; word, 8000h = 1
M_SEEN          equ     8               ; bend, joystick, aftertouch, volume it was made from
M_AGE           equ     14              ; byte: updates without a change
M_GENERATION    equ     15              ; byte: another whenever any of this may be
M_MG1           equ     16              ; pitch
M_MG2           equ     32              ; VDF
G_EXTRA         equ     0               ; intensity by joystick and aftertouch, 1/256
G_STEP          equ     2               ; of the phase in an update
G_PHASE         equ     4
G_WAVE          equ     6               ; the free-running MG's value
G_FADE          equ     8               ; what the delay lets it gain in an update
G_DEPTH         equ     10              ; at full fade: 1/512 semitones; codes, 1/2
G_SWITCHES      equ     12              ; byte: waveform, oscillators, key sync
G_OWN           equ     13              ; byte: intensity the program asks for
MG_FULL         equ     99 * 256
MG_WHOLE        equ     0FFFFh

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
        inc     byte [di + M_GENERATION]
        mov     ax, [si + P_BEND]
        mov     [di + M_SEEN], ax
        mov     ax, [si + P_MOD1]
        mov     [di + M_SEEN + 2], ax
        mov     ax, [si + P_AFTER]      ; and P_VOLUME
        mov     [di + M_SEEN + 4], ax
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

        mov     cx, [bx + 34]           ; CL = joystick to intensity, CH = to frequency
        mov     dl, [si + P_MOD1]
        mov     dh, [bx + 28]
        add     di, M_MG1
        call    mg_control
        call    mg_vibrato
        mov     [di + G_DEPTH], ax
        mov     cx, [bx + 36]
        mov     dl, [si + P_MOD2]
        mov     dh, [bx + 30]
        add     di, M_MG2 - M_MG1
        add     bx, MG_NEXT
        call    mg_control
        mov     [di + G_DEPTH], ax
        sub     bx, MG_NEXT
        sub     di, M_MG2
        ret

; DI = MG, BX + MG_WAVE its parameters, CL and CH = what the joystick does to intensity and frequency, DL = joystick, DH = what
; aftertouch does to the intensity: all but G_PHASE, G_WAVE, G_DEPTH; AX = intensity at full fade. All but BX, SI, DI changed.
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
        mov     al, [bx + MG_WAVE]
        mov     [di + G_SWITCHES], al
        mov     al, [bx + MG_INTENSITY]
        call    limit_unsigned
        mov     [di + G_OWN], al
        mov     ah, al
        xor     al, al

; AX = intensity the program asks for: AX = with what joystick and aftertouch ask for.
mg_intensity:
        add     ax, [di + G_EXTRA]
        jc      .full
        cmp     ax, MG_FULL
        jbe     .end
.full:
        mov     ax, MG_FULL
.end:
        ret

; AX = intensity: AX = 1/512 semitones, by the square. DX changed.
mg_vibrato:
        shl     ax, 1
        mul     ax
        mov     ax, PITCH_MG_DEPTH
        mul     dx
        mov     ax, dx
        ret

; Each part every fourth tick: SI = part, DI = its modulation; keeps them. Worked out anew when a controller moved, else now and
; then: the program may have been edited.
part_service:
        cmp     byte [si + P_ON], 0
        je      .end
        mov     ax, [si + P_BEND]
        cmp     ax, [di + M_SEEN]
        jne     .anew
        mov     ax, [si + P_MOD1]
        cmp     ax, [di + M_SEEN + 2]
        jne     .anew
        mov     ax, [si + P_AFTER]
        cmp     ax, [di + M_SEEN + 4]
        jne     .anew
        inc     byte [di + M_AGE]
        test    byte [di + M_AGE], 7
        jnz     .same
.anew:
        mov     bx, [si + P_PROGRAM]
        call    part_modulation
.same:
        push    di
        call    part_advance
        pop     di
.end:
        ret

; The free-running MGs of a part go on by an update. DI = modulation.
part_advance:
        add     di, M_MG1
        call    .advance
        add     di, M_MG2 - M_MG1
.advance:
        mov     dx, [di + G_STEP]
        add     dx, [di + G_PHASE]
        mov     [di + G_PHASE], dx
        cmp     word [di + G_DEPTH], 0
        je      .end
        mov     al, [di + G_SWITCHES]
        test    al, MG_KEY_SYNC
        jnz     .end
        call    mg_wave
        mov     [di + G_WAVE], ax
.end:
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

; What an MG gives a voice: DX:AX = value * depth, 0 where it does not reach the oscillator. SI = voice, DI = modulation; %1 = V_MG1
; or V_MG2, %2 = M_MG1 or M_MG2; mg_turns has the ways less often taken, in the same routine. BX, CX changed.
%macro  mg_voice 2
        mov     al, [di + %2 + G_SWITCHES]
        test    al, [si + V_MG_SWITCH]
        jz      ..@mg_off_%1
        test    al, al
        jns     ..@mg_free_%1
        mov     dx, [di + %2 + G_STEP]
        add     dx, [si + %1]
        mov     [si + %1], dx
        test    al, 3
        jnz     ..@mg_shape_%1
        mov     ax, dx                  ; a triangle, as in mg_wave
        shl     ax, 1
        jno     ..@mg_value_%1
        not     ax
..@mg_value_%1:
        cmp     word [si + %1 + 2], MG_WHOLE
        jne     ..@mg_fade_%1
        imul    word [di + %2 + G_DEPTH]
..@mg_done_%1:
%endmacro

%macro  mg_turns 3                      ; %3 = what makes a depth of an intensity
..@mg_off_%1:
        xor     ax, ax
        xor     dx, dx
        jmp     ..@mg_done_%1
..@mg_free_%1:
        mov     ax, [di + %2 + G_WAVE]
        jmp     ..@mg_value_%1
..@mg_shape_%1:
        call    mg_wave
        jmp     ..@mg_value_%1
..@mg_fade_%1:
        push    ax
        lea     bx, [si + %1 + 2]
        add     di, %2
        call    mg_fading
        %3
        sub     di, %2
        pop     dx
        imul    dx
        jmp     ..@mg_done_%1
%endmacro

; DI = the part's MG, BX = a voice's fade, which goes on: AX = intensity, nothing for the first half of the delay. DX changed.
mg_fading:
        mov     dx, [bx]
        add     dx, [di + G_FADE]
        jnc     .fading
        mov     dx, MG_WHOLE
.fading:
        mov     [bx], dx
        xor     ax, ax
        shl     dx, 1
        jnc     mg_intensity
        mov     ah, [di + G_OWN]
        mul     dx
        mov     ax, dx
        jmp     mg_intensity

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

; The MGs: what controls them, their waveforms, and what one gives a voice (H-MG).

; DI = MG, BX + MG_WAVE its parameters, CL and CH = what the joystick does to intensity and frequency, DL = joystick, DH = what
; aftertouch does to the intensity: all but G_PHASE, G_WAVE, G_DEPTH; AX = intensity at full fade. All but BX, SI, DI changed.
mg_control:
        mov     al, cl
        limit_unsigned
        mul     dl
        mov     bp, ax
        mov     al, dh
        limit_unsigned
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
        limit_unsigned
        add     al, cl
        limit_unsigned
        mov     bp, ax
        shl     bp, 1
        mov     ax, [cs:mg_steps + bp]
        mov     [di + G_STEP], ax
        mov     al, [bx + MG_DELAY]
        limit_unsigned
        mov     bp, ax
        shl     bp, 1
        mov     ax, [cs:mg_fades + bp]
        mov     [di + G_FADE], ax
        mov     al, [bx + MG_WAVE]
        mov     [di + G_SWITCHES], al
        mov     al, [bx + MG_INTENSITY]
        limit_unsigned
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

; AX = intensity: AX = 1/512 semitones. DX changed.
mg_vibrato:
        mov     dx, PITCH_MG_DEPTH
        mul     dx
        mov     ax, dx
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

; What bends a part's voices: joystick, aftertouch, volume, master tune and the MGs that run free. Worked out once for all its voices.
; The depths are laws of ours (H-AT, H-MG).

M_PITCH         equ     0               ; 16.16 semitones
M_CUTOFF        equ     4               ; signed word, codes
M_AMPLITUDE     equ     6               ; word, 8000h = 1
M_SEEN          equ     8               ; bend, joystick, aftertouch, volume it was made from
M_AGE           equ     14              ; byte: updates without a change
M_WORKED        equ     15              ; byte: services when it was worked out
M_MG1           equ     16              ; pitch
M_MG2           equ     32              ; VDF
M_PROGRAM       equ     48              ; word: for which program
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
        push    word [di + M_PITCH]
        push    word [di + M_PITCH + 2]
        push    word [di + M_CUTOFF]
        push    word [di + M_AMPLITUDE]
        mov     al, [services]
        mov     [di + M_WORKED], al
        mov     [di + M_PROGRAM], bx
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
        limit_signed
        mov     dx, [si + P_BEND]
        sar     dx, 5
        imul    dx
        push    ax
        mov     al, [bx + 29]
        limit_signed
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
        limit_signed
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

        pop     ax                      ; voices that run are told if it changed; the MGs they look up themselves
        xor     ax, [di + M_AMPLITUDE]
        pop     cx
        xor     cx, [di + M_CUTOFF]
        or      ax, cx
        pop     cx
        xor     cx, [di + M_PITCH + 2]
        or      ax, cx
        pop     cx
        xor     cx, [di + M_PITCH]
        or      ax, cx
        jz      .end
        push    si
        mov     si, voices
        mov     cx, VOICES
.voice:
        cmp     di, [si + V_MODULATION]
        jne     .next
        cmp     byte [si + V_RUN], 0
        je      .next
        or      byte [si + V_RUN], RUN_MOVED
.next:
        add     si, VOICE_SIZE
        loop    .voice
        pop     si
.end:
        ret

; Goes to %1 if a controller of part SI is another than DI was made from.
%macro  part_changed 1
        mov     ax, [si + P_BEND]
        cmp     ax, [di + M_SEEN]
        jne     %1
        mov     ax, [si + P_MOD1]
        cmp     ax, [di + M_SEEN + 2]
        jne     %1
        mov     ax, [si + P_AFTER]
        cmp     ax, [di + M_SEEN + 4]
        jne     %1
%endmacro

; Before a note of part SI: its modulation DI must be that of program BX and not old.
part_begin:
        cmp     bx, [di + M_PROGRAM]
        jne     part_modulation
        mov     al, [services]
        sub     al, [di + M_WORKED]
        cmp     al, UPDATE_TICKS
        jae     part_modulation
        part_changed part_modulation
        ret

; Each part every fourth tick: SI = part, DI = its modulation; keeps them. Worked out anew when a controller moved, else now and
; then: the program may have been edited.
part_service:
        cmp     byte [si + P_ON], 0
        je      .end
        part_changed .anew
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

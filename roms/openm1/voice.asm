; The voice engine: what a note becomes at the tone generator and the filters. Each voice is looked at every fourth tick; the chips go
; from one value to the next in about that time. Each voice has 32 ports in the TG and 32 in a VDF.

TG              equ     1000h
TG_CONTROL      equ     00h             ; bit 0 key, bit 1 loop
TG_PAN          equ     01h
TG_LEVEL        equ     02h
TG_LEVEL_RAMP   equ     04h             ; 2^n frames, for the next LEVEL
TG_PITCH_RAMP   equ     05h
TG_INCREMENT    equ     06h
TG_START        equ     0Ah
TG_LOOP         equ     0Eh
TG_END          equ     12h
VDF             equ     0100h
VDF_CONTROL     equ     00h             ; bit 0 run
VDF_CUTOFF      equ     02h
VDF_RAMP        equ     04h
VDF_EG          equ     06h
VDF_MG          equ     08h
VOICE_PORTS     equ     20h

Z_TOP           equ     0               ; a zone
Z_LEVEL         equ     1
Z_START         equ     2
Z_LOOP          equ     5
Z_END           equ     8
Z_ROOT          equ     11
Z_FLAGS         equ     15              ; bit 0 = loops

RAMP_AT_ONCE    equ     0
RAMP_ATTACK     equ     5               ; 32 frames, 1 ms
RAMP_FADE       equ     7               ; 128 frames, 4.1 ms
RAMP_UPDATE     equ     8               ; 256 frames, 8.2 ms: an update is 250
FADE_TICKS      equ     3
UPDATE_TICKS    equ     4
UPDATE_FRAMES   equ     250

; AL = voice: starts it with nr_*; one that sounds is faded first. AX, CX, DX changed.
voice_on:
        push    bx
        push    si
        push    di
        push    bp
        call    voice_address
        mov     bp, ax
        mov     cl, [si + V_STATE]
        push    cx
        call    note_prepare
        pop     cx
        mov     byte [si + V_STATE], STATE_DOWN
        mov     ax, [nr_delay]
        test    ax, ax
        jz      .now
        or      byte [si + V_FLAGS], F_DELAYED
        test    ax, 0C000h
        jz      .delay
        mov     ax, 3FFFh
.delay:
        shl     ax, 2
.now:
        test    cl, cl
        jz      .silent
        push    ax
        call    voice_fade
        pop     ax
        cmp     ax, FADE_TICKS
        jae     .silent
        mov     ax, FADE_TICKS
.silent:
        mov     [si + V_WAIT], ax
        test    ax, ax
        jz      .start
        mov     byte [si + V_STATE], STATE_WAITING
        mov     byte [waiting], 1
        jmp     .end
.start:
        call    voice_start
.end:
        pop     bp
        pop     di
        pop     si
        pop     bx
        ret

; AL = voice: release.
voice_off:
        push    bx
        push    si
        call    voice_address
        cmp     byte [si + V_STATE], STATE_FREE
        je      .end
        mov     byte [si + V_STATE], STATE_RELEASED
        cmp     word [si + V_WAIT], 0
        jne     .not_started
        call    voice_release
.end:
        pop     si
        pop     bx
        ret
.not_started:
        or      byte [si + V_FLAGS], F_OFF
        test    byte [si + V_FLAGS], F_DELAYED
        jz      .end
        or      byte [si + V_FLAGS], F_STOPPING
        mov     word [si + V_WAIT], FADE_TICKS
        jmp     .end

; AL = voice: silence within 8 ms.
voice_stop:
        push    si
        call    voice_address
        cmp     byte [si + V_STATE], STATE_FREE
        je      .end
        call    voice_fade
        mov     byte [si + V_STATE], STATE_RELEASED
        mov     byte [si + V_FLAGS], F_STOPPING
        mov     word [si + V_WAIT], FADE_TICKS
        mov     byte [waiting], 1
.end:
        pop     si
        ret

; Once a tick: voices that wait, two of the parts, four of the voices.
voice_service:
        push    bx
        push    si
        push    di
        push    bp
        cmp     byte [waiting], 0
        je      .none_waits
        call    voices_wait
.none_waits:
        mov     al, [services]
        and     ax, UPDATE_TICKS - 1
        push    ax
        shl     ax, 6                   ; two parts
        mov     si, ax
        mov     di, ax
        shl     di, 1
        add     si, parts
        add     di, modulation
        call    part_service
        add     si, PART_SIZE
        add     di, MODULATION_SIZE
        call    part_service
        pop     si                      ; four voices
        shl     si, 9
        add     si, voices
        mov     cx, VOICES / UPDATE_TICKS
.voice:
        cmp     byte [si + V_RUN], RUN_ON
        jb      .next
        ja      .fresh
.update:
        push    cx
        call    voice_update
        pop     cx
.next:
        add     si, VOICE_SIZE
        loop    .voice
        inc     byte [services]
        pop     bp
        pop     di
        pop     si
        pop     bx
        ret
.fresh:
        mov     byte [si + V_RUN], RUN_ON
        mov     al, [services]
        cmp     al, [si + V_STARTED]
        jne     .update
        jmp     .next                   ; its level is still on the way up

; Counts V_WAIT of all voices down.
voices_wait:
        mov     byte [waiting], 0
        mov     si, voices
        mov     cx, VOICES
.voice:
        cmp     word [si + V_WAIT], 0
        je      .next
        mov     byte [waiting], 1
        dec     word [si + V_WAIT]
        jnz     .next
        push    cx
        test    byte [si + V_FLAGS], F_STOPPING
        jnz     .over
        call    voice_start
        jmp     .done
.over:
        call    voice_end
.done:
        pop     cx
.next:
        add     si, VOICE_SIZE
        loop    .voice
        ret

; SI = address of voice AL, AX = its number.
voice_address:
        xor     ah, ah
        mov     si, ax
        shl     si, 7
        add     si, voices
        ret

; The level of voice SI goes to 0 in 4 ms.
voice_fade:
        mov     byte [si + V_RUN], 0
        mov     dx, [si + V_TG]
        add     dx, TG_LEVEL_RAMP
        mov     al, RAMP_FADE
        out     dx, al
        sub     dx, TG_LEVEL_RAMP - TG_LEVEL
        xor     ax, ax
        mov     [si + V_AMPLITUDE], ax
        out     dx, ax
        ret

; Voice SI is silent: both chips rest, its level is 0 for the next note.
voice_end:
        xor     ax, ax
        mov     [si + V_STATE], al
        mov     [si + V_RUN], al
        mov     [si + V_WAIT], ax
        mov     [si + V_AMPLITUDE], ax
        mov     dx, [si + V_TG]
        out     dx, al
        add     dx, TG_LEVEL_RAMP
        out     dx, al                  ; RAMP_AT_ONCE
        sub     dx, TG_LEVEL_RAMP - TG_LEVEL
        out     dx, ax
        mov     dx, [si + V_VDF]
        out     dx, al
        ret

; All EGs of voice SI go to their release.
voice_release:
        lea     bx, [si + V_PITCH_EG]
        call    eg_release
        lea     bx, [si + V_VDF_EG]
        call    eg_release
        lea     bx, [si + V_VDA_EG]
        jmp     eg_release

; Voice SI sounds from here: the filter is cleared, everything but the level is at once what it should be, the level in a millisecond.
voice_start:
        mov     al, [services]
        mov     [si + V_STARTED], al
        mov     byte [si + V_RUN], RUN_FRESH
        push    si                      ; what moves the part may be old by some ticks, or was never worked out
        mov     bx, [si + V_PROGRAM]
        mov     di, [si + V_MODULATION]
        mov     al, [si + V_PART]
        cbw
        shl     ax, 5
        mov     si, ax
        add     si, parts
        call    part_modulation
        pop     si

        mov     bx, [si + V_BLOCK]
        mov     al, [bx]                ; the pitch EG's start level
        call    limit_signed
        imul    ax, ax, EG_UNIT
        lea     bx, [si + V_PITCH_EG]
        call    eg_start
        xor     ax, ax
        lea     bx, [si + V_VDF_EG]
        call    eg_start
        xor     ax, ax
        lea     bx, [si + V_VDA_EG]
        call    eg_start

        mov     dx, [si + V_VDF]
        xor     ax, ax
        mov     [si + V_CODE_EG], ax
        mov     [si + V_CODE_MG], ax
        out     dx, al
        inc     ax
        out     dx, al
        dec     ax
        add     dx, VDF_RAMP
        out     dx, al                  ; RAMP_AT_ONCE
        add     dx, VDF_EG - VDF_RAMP
        out     dx, ax
        add     dx, VDF_MG - VDF_EG
        out     dx, ax
        mov     dx, [si + V_TG]
        out     dx, al
        inc     dx
        mov     al, [si + V_PAN]
        out     dx, al
        add     dx, TG_LEVEL_RAMP - TG_PAN
        mov     ax, RAMP_AT_ONCE << 8 | RAMP_ATTACK
        out     dx, ax                  ; both ramps
        mov     bx, [si + V_ZONE]
        add     dx, TG_START - TG_LEVEL_RAMP
        mov     cx, 3                   ; START, LOOP, END
.address:
        mov     ax, [cs:bx + Z_START]
        out     dx, ax
        add     dx, 2
        mov     al, [cs:bx + Z_START + 2]
        out     dx, al
        add     dx, TG_LOOP - TG_START - 2
        add     bx, Z_LOOP - Z_START
        loop    .address

        mov     ax, -1                  ; whatever it is, it is told
        mov     [si + V_INCREMENT], ax
        mov     [si + V_INCREMENT + 2], al
        mov     di, [si + V_MODULATION]
        mov     word [si + V_CODE], 0
        mov     al, [di + M_GENERATION]
        dec     ax
        mov     [si + V_GENERATION], al
        call    voice_output

        mov     dx, [si + V_VDF]
        add     dx, VDF_RAMP
        mov     al, RAMP_UPDATE
        out     dx, al
        mov     dx, [si + V_TG]
        add     dx, TG_LEVEL_RAMP
        mov     ah, al
        out     dx, ax
        mov     bx, [si + V_ZONE]
        mov     al, [cs:bx + Z_FLAGS]
        and     al, 1
        shl     al, 1
        inc     ax
        sub     dx, TG_LEVEL_RAMP
        out     dx, al
        test    byte [si + V_FLAGS], F_OFF
        jnz     voice_release
        mov     byte [si + V_STATE], STATE_DOWN
        ret

; What voice SI gives now goes to the chips, as far as it changed. What is less often done stands around it, near enough for a short
; jump: a jump taken costs as much as a load. voice_moved: the part's modulation is another than at the update before.
voice_moved:
        mov     [si + V_GENERATION], al
        mov     ax, [si + V_PITCH]
        mov     dx, [si + V_PITCH + 2]
        add     ax, [di + M_PITCH]
        adc     dx, [di + M_PITCH + 2]
        mov     [si + V_PITCH_NOW], ax
        mov     [si + V_PITCH_NOW + 2], dx
        mov     ax, [si + V_GAIN]
        mul     word [di + M_AMPLITUDE]
        mov     [si + V_GAIN_NOW], dx
        mov     ax, [si + V_CUTOFF]
        mov     dx, [di + M_CUTOFF]
        call    add_signed
        cmp     ax, [si + V_CODE]
        je      voice_unmoved
        mov     [si + V_CODE], ax
        lea     dx, [bp - TG + VDF + VDF_CUTOFF]
        out     dx, ax
        jmp     voice_unmoved
        mg_turns V_MG1, M_MG1, {call mg_vibrato}

voice_output:
        mov     di, [si + V_MODULATION]
        mov     bp, [si + V_TG]
        mov     al, [di + M_GENERATION]
        cmp     al, [si + V_GENERATION]
        jne     voice_moved
voice_unmoved:
        mg_voice V_MG1, M_MG1
        mov     cx, ax
        mov     bx, dx
        mov     ax, [si + V_PITCH_EG + E_VALUE]
        test    ax, ax
        jz      .no_pitch_eg
        imul    word [si + V_PITCH_DEPTH]
        add     cx, ax
        adc     bx, dx
.no_pitch_eg:
        mov     al, bh                  ; DX:AX = BX:CX / 256
        cbw
        mov     dx, ax
        mov     al, ch
        mov     ah, bl
        add     ax, [si + V_PITCH_NOW]
        adc     dx, [si + V_PITCH_NOW + 2]
        call    increment
        cmp     ax, [si + V_INCREMENT]
        jne     .pitch
        cmp     dl, [si + V_INCREMENT + 2]
        je      .same_pitch
.pitch:
        mov     [si + V_INCREMENT], ax
        mov     [si + V_INCREMENT + 2], dl
        mov     cl, dl
        lea     dx, [bp + TG_INCREMENT]
        out     dx, ax
        inc     dx
        inc     dx
        mov     al, cl
        out     dx, al
.same_pitch:

        mov     ax, [si + V_VDF_EG + E_VALUE]
        imul    word [si + V_VDF_DEPTH]
        shl     ax, 1
        rcl     dx, 1
        shl     ax, 1
        rcl     dx, 1
        cmp     dx, [si + V_CODE_EG]
        je      .same_eg
        mov     [si + V_CODE_EG], dx
        mov     ax, dx
        lea     dx, [bp - TG + VDF + VDF_EG]
        out     dx, ax
.same_eg:
        mg_voice V_MG2, M_MG2
        cmp     dx, [si + V_CODE_MG]
        je      .same_mg
        mov     [si + V_CODE_MG], dx
        mov     ax, dx
        lea     dx, [bp - TG + VDF + VDF_MG]
        out     dx, ax
.same_mg:

        mov     ax, [si + V_VDA_EG + E_VALUE]
        cwd                             ; a level below 0 is no level
        not     dx
        and     ax, dx
        shl     ax, 1                   ; the amplitude goes with the square (H-VDA)
        shl     ax, 1
        mul     ax
        mov     ax, dx
        mul     word [si + V_GAIN_NOW]
        shl     ax, 1
        rcl     dx, 1
        jc      .loud
.level:
        cmp     dx, [si + V_AMPLITUDE]
        je      .same_level
        mov     [si + V_AMPLITUDE], dx
        mov     ax, dx
        lea     dx, [bp + TG_LEVEL]
        out     dx, ax
.same_level:
        ret
.loud:
        mov     dx, 0FFFFh
        jmp     .level
        mg_turns V_MG2, M_MG2, {}

; One update of voice SI.
        eg_turns V_PITCH_EG
        eg_turns V_VDF_EG
        eg_turns V_VDA_EG
voice_over:
        mov     ax, [si + V_AMPLITUDE]
        or      ax, [si + V_VDA_EG + E_COUNT]
        jnz     voice_released
        jmp     voice_end               ; its level came to 0 since the update before
voice_one_shot:
        test    byte [si + V_FLAGS], F_PLAYED_OUT
        jz      .plays
        jmp     voice_end
.plays:
        mov     ax, [si + V_INCREMENT + 1]
        mov     cx, UPDATE_FRAMES
        mul     cx
        mov     al, ah
        mov     ah, dl
        mov     dl, dh
        xor     dh, dh                  ; DX:AX = 1/16 words an update
        sub     [si + V_LEFT], ax
        sbb     [si + V_LEFT + 2], dx
        jnc     voice_advance
        or      byte [si + V_FLAGS], F_PLAYED_OUT
        jmp     voice_advance
voice_update:
        cmp     byte [si + V_VDA_EG + E_SEGMENT], EG_OVER
        je      voice_over
voice_released:
        test    byte [si + V_FLAGS], F_ONE_SHOT
        jnz     voice_one_shot
voice_advance:
        eg_step V_PITCH_EG
        eg_step V_VDF_EG
        eg_step V_VDA_EG
        jmp     voice_output

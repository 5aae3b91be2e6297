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
FADE_TICKS      equ     4
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
        pop     cx
        cmp     ax, cx
        jae     .silent
        mov     ax, cx
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
        call    fade_wait               ; what it was taken from may still fade
        mov     [si + V_WAIT], ax
        jmp     .end

; AL = voice: silence within 8 ms.
voice_stop:
        push    si
        call    voice_address
        cmp     byte [si + V_STATE], STATE_FREE
        je      .end
        call    voice_quiet
.end:
        pop     si
        ret

; Voice SI fades, then ends.
voice_quiet:
        call    voice_fade
        mov     byte [si + V_STATE], STATE_RELEASED
        mov     byte [si + V_FLAGS], F_STOPPING
        mov     [si + V_WAIT], ax
        mov     byte [waiting], 1
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
%assign at 0
%rep VOICES / UPDATE_TICKS
        cmp     byte [si + V_RUN], RUN_ON
        jb      .rests_ %+ at
        call    voice_update
.rests_ %+ at:
        add     si, VOICE_SIZE
%assign at at + 1
%endrep
        inc     byte [services]
        pop     bp
        pop     di
        pop     si
        pop     bx
        ret

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

; The level of voice SI goes to 0 in 4 ms. AX = V_WAIT for that.
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

; AX = V_WAIT of a fade that begins now: ticks that passed and are yet to be counted come on top. DX changed.
fade_wait:
        mov     dx, [ticks]
        call    sound_behind
        add     ax, FADE_TICKS
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
        or      byte [si + V_RUN], RUN_RELEASED
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
        mov     al, RUN_ON | RUN_FRESH
        test    byte [si + V_FLAGS], F_ONE_SHOT
        jz      .looped
        mov     al, RUN_ON | RUN_FRESH | RUN_ONE_SHOT
.looped:
        mov     [si + V_RUN], al
        push    si                      ; what moves the part may be old by some ticks, or was never worked out
        mov     bx, [si + V_PROGRAM]
        mov     di, [si + V_MODULATION]
        mov     al, [si + V_PART]
        cbw
        shl     ax, 5
        mov     si, ax
        add     si, parts
        call    part_begin
        pop     si

        mov     bx, [si + V_BLOCK]
        mov     al, [bx]                ; the pitch EG's start level
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
        mov     word [si + V_CODE], 0
        call    voice_moved
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

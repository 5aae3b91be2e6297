; Notes on and off. A note goes to every part of its channel whose windows it falls into, and there takes an oscillator, or two
; if the program is DOUBLE. note_channel, note_key and note_velocity say which.

OSC_BLOCK_1     equ     63              ; in a program: the 40 bytes of each oscillator
OSC_BLOCK_2     equ     103
MODE_DOUBLE     equ     1
MODE_DRUMS      equ     2
ASSIGN_MONO     equ     1               ; program byte 11
ASSIGN_HOLD     equ     2

; AL = key, AH = velocity, DL = channel. Velocity 0 is a release. Changes all registers but SP.
note_event:
        mov     [note_key], al
        mov     [note_velocity], ah
        mov     [note_channel], dl
        test    ah, ah
        jz      note_off

note_on:
        inc     word [note_counter]
        mov     si, parts
.part:
        cmp     byte [si + P_ON], 0
        je      .next
        mov     al, [note_channel]
        cmp     al, [si + P_CHANNEL]
        jne     .next
        mov     al, [note_key]
        cmp     al, [si + P_KEY_TOP]
        ja      .next
        cmp     al, [si + P_KEY_BOTTOM]
        jb      .next
        mov     al, [note_velocity]
        cmp     al, [si + P_VEL_TOP]
        ja      .next
        cmp     al, [si + P_VEL_BOTTOM]
        jb      .next
        mov     bx, [si + P_PROGRAM]
        test    byte [bx + 11], ASSIGN_MONO
        jz      .poly
        call    mono_press
        jmp     .start
.poly:
        mov     bp, voice_let_go        ; the same key again
        call    voices_of_key
.start:
        call    part_note
.next:
        add     si, PART_SIZE
        cmp     si, parts + PARTS * PART_SIZE
        jb      .part
        ret

; Starts note_key, note_velocity in the part at SI. SI kept.
part_note:
        mov     bx, [si + P_PROGRAM]
        mov     [nr_program], bx
        mov     ax, si
        sub     ax, parts
        shr     ax, 5
        mov     [nr_part], al
        mov     al, [note_key]
        mov     [nr_key], al
        mov     al, [note_velocity]
        mov     [nr_velocity], al
        xor     ax, ax
        mov     [nr_delay], ax
        mov     [nr_decay], ax          ; nr_flags as well
        mov     [nr_osc], al
        lea     ax, [bx + OSC_BLOCK_1]
        mov     [nr_block], ax
        mov     al, [si + P_PAN]
        cmp     al, PAN_PROGRAM
        jne     .pan
        mov     al, PAN_MIDDLE          ; a program names none (H-PARTS)
.pan:
        and     al, 0Fh
        cmp     al, 13
        jbe     .pan_there
        mov     al, 13
.pan_there:
        mov     [nr_pan], al
        mov     word [nr_gain], 0FFFFh
        mov     al, [si + P_LEVEL]
        cmp     al, 99
        jae     .loud
        mov     cx, 65535 / 99
        xor     ah, ah
        mul     cx
        mov     [nr_gain], ax
.loud:
        cmp     byte [bx + 10], MODE_DRUMS
        je      drum_note
        mov     al, [bx + 12]
        mov     [osc_sound], al
        mov     al, [bx + 13]
        call    octave
        mov     [osc_shift], al
        mov     al, [si + P_DETUNE]
        cbw
        mov     [osc_cents], ax
        call    oscillator
        mov     bx, [si + P_PROGRAM]
        cmp     byte [bx + 10], MODE_DOUBLE
        jne     .end
        mov     byte [nr_osc], 1
        lea     ax, [bx + OSC_BLOCK_2]
        mov     [nr_block], ax
        mov     al, [bx + 17]           ; detune
        mov     ah, 50
        call    held_to
        cbw
        mov     dx, ax
        mov     al, [si + P_DETUNE]
        cbw
        add     ax, dx
        mov     [osc_cents], ax
        mov     al, [bx + 18]           ; delay start
        cmp     al, 99
        jbe     .delay
        mov     al, 99
.delay:
        mov     ah, 5                   ; 99 = 3.96 s (H-PARTS)
        mul     ah
        mov     [nr_delay], ax
        mov     al, [bx + 16]           ; interval
        mov     ah, 12
        call    held_to
        mov     dl, al
        mov     al, [bx + 15]
        call    octave
        add     al, dl
        mov     [osc_shift], al
        mov     al, [bx + 14]
        mov     [osc_sound], al
        jmp     oscillator
.end:
        ret

; AL = octave, -1 to 1, as semitones.
octave:
        mov     ah, 1
        call    held_to
        mov     ah, 12
        imul    ah
        ret

; One oscillator with multisound osc_sound in the part at SI. SI kept.
oscillator:
        mov     bl, [osc_sound]
        cmp     bl, MULTISOUNDS
        jae     .end                    ; in a PCM card: not in this version
        xor     bh, bh
        shl     bx, 2
        add     bx, ms_table
        mov     al, [osc_shift]
        cbw
        mov     dx, ax                  ; DX = semitones from the key, or all of them where keys do not count
        mov     al, [si + P_TRANSPOSE]
        cbw
        add     ax, dx
        mov     cl, [note_key]
        xor     ch, ch
        add     ax, cx
        mov     cx, ax                  ; CX = semitones
        test    ax, ax
        jns     .not_below
        xor     ax, ax
.not_below:
        cmp     ax, 127
        jle     .not_above
        mov     al, 127
.not_above:
        mov     [nr_track], al
        call    find_zone
        jc      .end
        and     byte [nr_flags], ~NOTE_FIXED & 0FFh
        test    byte [cs:bx + 3], SOUND_TRACKS
        jnz     .follows
        or      byte [nr_flags], NOTE_FIXED
        xor     ax, ax                  ; its words at one pitch, whatever the key: step 1, and what the program adds
        mov     cx, dx
        xor     dx, dx
        jmp     .pitch
.follows:
        mov     ax, [cs:di + 11]        ; root
        mov     dx, [cs:di + 13]
.pitch:
        neg     ax                      ; CX:0 - DX:AX
        sbb     cx, dx
        mov     dx, cx
        mov     cx, [osc_cents]
        call    add_cents
        mov     [nr_pitch], ax
        mov     [nr_pitch + 2], dx
        jmp     start_voice
.end:
        ret

; DI = the zone of key AL in the directory row CS:BX, carry set if it has none.
find_zone:
        mov     di, [cs:bx]
        mov     ah, [cs:bx + 2]
.zone:
        sub     ah, 1
        jb      .end                    ; the last was not enough
        cmp     al, [cs:di]
        jbe     .found
        add     di, ZONE_SIZE
        jmp     .zone
.found:
        mov     [nr_zone], di
        clc
.end:
        ret

; DX:AX (16.16 semitones) += CX cents, -100 to 100: 655.36 each.
add_cents:
        push    bx
        push    dx
        push    ax
        mov     ax, 36                  ; the 0.36
        imul    cx
        mov     bx, 100
        idiv    bx
        cwd
        mov     bx, ax
        pop     ax
        add     ax, bx
        pop     bx
        adc     bx, dx
        push    ax
        mov     ax, 655
        imul    cx
        mov     cx, ax
        pop     ax
        add     ax, cx
        adc     dx, bx
        pop     bx
        ret

; A key came up: every part of the channel, whatever its windows, lets its voices go.
note_off:
        mov     si, parts
.part:
        cmp     byte [si + P_ON], 0
        je      .next
        mov     al, [note_channel]
        cmp     al, [si + P_CHANNEL]
        jne     .next
        mov     bx, [si + P_PROGRAM]
        test    byte [bx + 11], ASSIGN_MONO
        jz      .poly
        call    mono_release
        jnc     .let_go
        jmp     .next
.poly:
        call    mono_forget             ; pressed when the program was MONO
.let_go:
        mov     bp, key_up
        call    voices_of_key
.next:
        add     si, PART_SIZE
        cmp     si, parts + PARTS * PART_SIZE
        jb      .part
        ret

; Calls BP for every voice of the part at SI that has note_key: BX = its number, DI its address. SI kept.
voices_of_key:
        mov     di, voice_keys
        mov     cx, VOICES
.look:
        mov     al, [note_key]
        repne scasb
        jne     .end
        push    cx
        push    di
        lea     bx, [di - voice_keys - 1]
        mov     di, bx
        shl     di, 7
        add     di, voices
        mov     ax, si
        sub     ax, parts
        shr     ax, 5
        cmp     al, [di + V_PART]
        jne     .other
        call    bp
.other:
        pop     di
        pop     cx
        jcxz    .end
        jmp     .look
.end:
        ret

; The key of voice BX at DI came up: held by damper or hold, or released. SI, BP kept.
key_up:
        mov     al, [di + V_STATE]
        cmp     al, STATE_WAITING
        je      .waiting
        cmp     al, STATE_DOWN
        jne     .end
        call    is_held
        jnz     .hold
.release:
        mov     al, bl
        jmp     voice_off
.end:
        ret
.hold:
        mov     byte [di + V_STATE], STATE_HELD
        ret
.waiting:
        call    is_held
        jz      .release
        mov     byte [voice_pending + bx], 1
        ret

; NZ: damper or hold keep the voice at DI of its part.
is_held:
        push    bx
        call    voice_holds
        jnz     .end
        mov     bl, [di + V_PART]
        xor     bh, bh
        shl     bx, 5
        test    byte [parts + bx + P_DAMPER], 1
.end:
        pop     bx
        ret

; NZ: the program of the voice at DI holds its notes.
voice_holds:
        push    bx
        mov     bx, [di + V_PROGRAM]
        test    byte [bx + 11], ASSIGN_HOLD
        pop     bx
        ret

; Once a tick: keys that came up before their voice had started.
pending_service:
        mov     di, voice_pending
        mov     cx, VOICES / 2
        xor     ax, ax
        repe scasw
        je      .end
        xor     bx, bx
.voice:
        cmp     byte [voice_pending + bx], 0
        je      .next
        mov     di, bx
        shl     di, 7
        add     di, voices
        cmp     byte [di + V_STATE], STATE_WAITING
        je      .next
        mov     byte [voice_pending + bx], 0
        push    bx
        call    key_up
        pop     bx
.next:
        inc     bx
        cmp     bl, VOICES
        jb      .voice
.end:
        ret

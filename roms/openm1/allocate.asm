; Which of the 16 oscillators a note gets: one that is free; else one that is released, the quietest first; else one that
; damper or hold keep, the oldest first; else the oldest of those whose keys are down.

OLDEST          equ     3FFFh           ; notes

; Starts nr_* on an oscillator. SI kept.
start_voice:
        push    si
        mov     bx, [nr_program]
        test    byte [bx + 11], ASSIGN_MONO
        jz      .any
        call    mono_voice
        jnc     .chosen
.any:
        call    take_voice
.chosen:                                ; SI = the voice
        mov     bx, si
        sub     bx, voices
        shr     bx, 7
        mov     byte [voice_pending + bx], 0
        mov     al, [nr_key]
        mov     [voice_keys + bx], al
        mov     al, bl
        call    voice_on
        mov     ax, [note_counter]
        mov     [si + V_STAMP], ax
        pop     si
        ret

; SI = the voice that plays this oscillator of a MONO part; carry: none does.
mono_voice:
        mov     si, voices
        mov     al, [nr_part]
        mov     ah, [nr_osc]
.voice:
        cmp     byte [si + V_STATE], STATE_FREE
        je      .next
        cmp     al, [si + V_PART]
        jne     .next
        cmp     ah, [si + V_OSC]
        je      .found
.next:
        add     si, VOICE_SIZE
        cmp     si, voices + VOICES * VOICE_SIZE
        jb      .voice
        stc
        ret
.found:
        clc
        ret

; SI = the next free voice in turn, or the one that is given up: the lowest of amplitude / 4 of the released, then of 4000h and
; 8000h + 3FFFh - age, in notes, of those held and those whose keys are down.
take_voice:
        mov     si, [voice_next]
        mov     cx, VOICES
        mov     dx, 0FFFFh              ; the lowest so far, DI whose
.voice:
        mov     bl, [si + V_STATE]
        test    bl, bl
        jz      .taken
        cmp     bl, STATE_RELEASED
        je      .released
        mov     ax, [note_counter]
        sub     ax, [si + V_STAMP]
        cmp     ax, OLDEST
        jbe     .age
        mov     ax, OLDEST
.age:
        xor     ax, 4000h | OLDEST
        cmp     bl, STATE_HELD
        je      .compare
        xor     ah, 0C0h
        jmp     .compare
.released:
        mov     ax, [si + V_AMPLITUDE]
        shr     ax, 2
.compare:
        cmp     ax, dx
        jae     .next
        mov     dx, ax
        mov     di, si
.next:
        call    .following
        loop    .voice
        mov     si, di
.taken:
        push    si
        call    .following
        mov     [voice_next], si
        pop     si
        ret
.following:
        add     si, VOICE_SIZE
        cmp     si, voices + VOICES * VOICE_SIZE
        jb      .there
        mov     si, voices
.there:
        ret

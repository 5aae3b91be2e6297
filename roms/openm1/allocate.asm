; Which of the 16 oscillators a note gets: one that is free; else one that is released, the quietest first; else one that
; damper or hold keep, the oldest first; else the oldest of those whose keys are down.

; Starts nr_* on an oscillator. SI kept.
start_voice:
        push    si
        mov     bx, [nr_program]
        test    byte [bx + 11], ASSIGN_HOLD
        jz      .holds_not
        or      byte [nr_flags], NOTE_HOLD
.holds_not:
        test    byte [bx + 11], ASSIGN_MONO
        jz      .any
        call    mono_voice
        jnc     .chosen
.any:
        call    free_voice
        jnc     .chosen
        call    steal
.chosen:                                ; CL = voice, SI = its address
        mov     bl, cl
        xor     bh, bh
        mov     byte [voice_pending + bx], 0
        mov     al, [nr_key]
        mov     [voice_keys + bx], al
        mov     al, cl
        call    voice_on
        mov     ax, [note_counter]
        mov     [si + V_STAMP], ax
        pop     si
        ret

; The voice that plays this oscillator of a MONO part; carry: none does.
mono_voice:
        xor     cx, cx
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
        inc     cx
        cmp     cl, VOICES
        jb      .voice
        stc
        ret
.found:
        clc
        ret

; The next free voice in turn; carry: there is none.
free_voice:
        mov     cl, [voice_next]
        mov     ch, VOICES
.voice:
        mov     ah, cl
        xor     al, al
        shr     ax, 1                   ; 128 bytes each
        add     ax, voices
        mov     si, ax
        inc     cl
        and     cl, VOICES - 1
        cmp     byte [si + V_STATE], STATE_FREE
        je      .found
        dec     ch
        jnz     .voice
        stc
        ret
.found:
        mov     [voice_next], cl
        dec     cl
        and     cx, VOICES - 1
        ret

; The voice that is given up.
steal:
        mov     byte [steal_class], 0FFh
        xor     cx, cx
        mov     si, voices
.voice:
        mov     bl, [si + V_STATE]
        xor     bh, bh
        cmp     bl, STATE_WAITING
        ja      .next
        mov     al, [cs:steal_classes + bx]
        mov     dx, [note_counter]
        sub     dx, [si + V_STAMP]      ; DX = age
        cmp     al, [steal_class]
        jb      .take
        ja      .next
        test    al, al
        jnz     .older
        mov     bx, [si + V_AMPLITUDE]
        cmp     bx, [steal_amplitude]
        jb      .take
        ja      .next
.older:
        cmp     dx, [steal_age]
        jbe     .next
.take:
        mov     [steal_class], al
        mov     [steal_age], dx
        mov     bx, [si + V_AMPLITUDE]
        mov     [steal_amplitude], bx
        mov     [steal_voice], cl
.next:
        add     si, VOICE_SIZE
        inc     cx
        cmp     cl, VOICES
        jb      .voice
        mov     cl, [steal_voice]
        mov     ah, cl
        xor     al, al
        shr     ax, 1
        add     ax, voices
        mov     si, ax
        ret

steal_classes:          db 0, 2, 1, 0, 2        ; by V_STATE; free ones are not asked

; MONO programs: the last key sounds; when it comes up, the one before it that is still held. A part remembers nine keys.

; note_key is pressed in the part at SI. SI kept.
mono_press:
        call    mono_forget
        mov     bx, MONO_LIMIT - 1      ; move up
.move:
        mov     al, [si + P_MONO_KEYS + bx - 1]
        mov     [si + P_MONO_KEYS + bx], al
        dec     bx
        jnz     .move
        mov     al, [note_key]
        or      al, 80h
        mov     [si + P_MONO_KEYS], al
        mov     al, [note_velocity]
        mov     [si + P_MONO_VELOCITY], al
        ret

; note_key comes up. Carry: that is all, another key sounds or takes over. SI kept.
mono_release:
        mov     al, [note_key]
        or      al, 80h
        cmp     al, [si + P_MONO_KEYS]
        jne     .other
        call    mono_forget
        mov     al, [si + P_MONO_KEYS]
        and     al, 7Fh
        cmp     byte [si + P_MONO_KEYS], 0
        je      mono_last
        push    word [note_key]         ; note_velocity as well
        mov     [note_key], al
        mov     al, [si + P_MONO_VELOCITY]
        mov     [note_velocity], al
        inc     word [note_counter]
        call    part_note
        pop     word [note_key]
.silent:
        stc
        ret
.other:
        call    mono_forget
        jnc     .silent                 ; it was pressed before the one that sounds
        clc                             ; or it is not known: as in POLY
        ret

; No key is left in the part at SI: what sounds there comes up, whichever key it was; the last one may have had no sound. Carry.
mono_last:
        mov     di, voices
        xor     bx, bx
.voice:
        mov     ax, si
        sub     ax, parts
        shr     ax, 5
        cmp     al, [di + V_PART]
        jne     .next
        call    key_up
.next:
        add     di, VOICE_SIZE
        inc     bx
        cmp     bl, VOICES
        jb      .voice
        stc
        ret

; Takes note_key out of the keys held in the part at SI. Carry: it was not there.
mono_forget:
        mov     al, [note_key]
        or      al, 80h
        xor     bx, bx
.look:
        cmp     al, [si + P_MONO_KEYS + bx]
        je      .found
        inc     bx
        cmp     bx, MONO_LIMIT
        jb      .look
        stc
        ret
.found:
        inc     bx
        cmp     bx, MONO_LIMIT
        je      .end
        mov     al, [si + P_MONO_KEYS + bx]
        mov     [si + P_MONO_KEYS + bx - 1], al
        jmp     .found
.end:
        mov     byte [si + P_MONO_KEYS + MONO_LIMIT - 1], 0
        clc
        ret

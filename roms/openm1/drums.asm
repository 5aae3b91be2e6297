; DRUMS: a kit of 30 entries of 7 bytes in GLOBAL, chosen by the program's byte 12: sound (0 = none), key, pan, tune, level, decay.
;
; The program's octave counts: at 16' the factory kits' keys 24-84 are the keyboard's 36-96. An entry plays from its own key up to
; the next one's, a semitone a key; tune is in 1/10 semitone, level 0 is half the amplitude, 99 all of it (all H-DRUM-KEYS).

KITS            equ     4
KIT_SIZE        equ     210
KIT_ENTRIES     equ     30
KIT_ENTRY       equ     7
DRUM_KITS       equ     GLOBAL_DATA + 21
DRUM_CENTRE     equ     60              ; the key at which a drum sound is as it was made
TUNE_MAX        equ     120
LEVEL_MAX       equ     99

; note_key in the part at SI, whose program at BX is a drum kit. SI kept.
drum_note:
        mov     al, [bx + 12]
        cmp     al, KITS
        jae     .end
        mov     ah, KIT_SIZE
        mul     ah
        add     ax, DRUM_KITS
        mov     di, ax
        mov     al, [bx + 13]
        call    octave
        mov     dx, ax
        mov     al, [si + P_TRANSPOSE]
        cbw
        add     dx, ax
        mov     al, [note_key]
        xor     ah, ah
        add     dx, ax                  ; DX = key of the kit
        js      .end
        cmp     dx, 127
        jg      .end
        mov     cx, KIT_ENTRIES
        xor     bx, bx                  ; BX = entry so far
.entry:
        mov     ax, [di]                ; sound, key
        dec     al
        cmp     al, DRUM_SOUNDS
        jae     .next                   ; none, or in a PCM card
        cmp     ah, dl
        ja      .next
        test    bx, bx
        jz      .take
        cmp     ah, [bx + 1]
        jbe     .next
.take:
        mov     bx, di
.next:
        add     di, KIT_ENTRY
        loop    .entry
        test    bx, bx
        jz      .end
        mov     [nr_track], dl
        sub     dl, [bx + 1]
        add     dl, DRUM_CENTRE
        mov     al, [bx]
        dec     ax
        xor     ah, ah
        shl     ax, 2
        add     ax, drum_table
        push    bx
        mov     bx, ax
        mov     al, DRUM_CENTRE
        call    find_zone
        pop     bx
        jc      .end
        xor     ax, ax
        xor     dh, dh
        sub     ax, [cs:di + 11]
        sbb     dx, [cs:di + 13]
        push    ax
        mov     al, [si + P_DETUNE]
        cbw
        mov     cx, ax
        pop     ax
        call    add_cents
        mov     cl, [bx + 3]
        call    add_tune
        mov     [nr_pitch], ax
        mov     [nr_pitch + 2], dx
        test    byte [si + P_PAN], PAN_INSTRUMENT
        jz      .panned                 ; the timbre's for all
        mov     al, [bx + 2]
        cmp     al, 13
        jbe     .pan
        mov     al, 13
.pan:
        mov     [nr_pan], al
.panned:
        mov     al, [bx + 4]
        mov     ah, LEVEL_MAX
        call    held_to
        add     al, LEVEL_MAX + 1       ; 1 to 199
        xor     ah, ah
        mov     cx, 0FFFFh / (2 * LEVEL_MAX + 1)
        mul     cx
        mul     word [nr_gain]          ; the timbre's level
        mov     [nr_gain], dx
        mov     al, [bx + 5]
        mov     ah, LEVEL_MAX
        call    held_to
        mov     [nr_decay], al
        jmp     start_voice
.end:
        ret

; DX:AX (16.16 semitones) += CL (signed) tenths of a semitone: 6553.6 each.
add_tune:
        push    ax
        push    dx
        mov     al, cl
        mov     ah, TUNE_MAX
        call    held_to
        cbw
        push    bx
        mov     bx, ax
        mov     cx, 6
        imul    cx                      ; the 0.6
        mov     cx, 10
        idiv    cx
        cwd
        push    ax
        push    dx
        mov     ax, 6553
        imul    bx
        pop     bx
        pop     cx
        add     ax, cx
        adc     dx, bx
        pop     bx
        mov     cx, dx
        pop     dx
        add     dx, cx
        pop     cx
        add     ax, cx
        adc     dx, 0
        ret

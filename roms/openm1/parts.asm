; The parts: what each of the eight plays, on which channel, in which keys and velocities. PROG mode has one, prog_edit on the
; global channel; in COMBI they are the timbres of combi_edit. They stay as they are while other modes are on.
;
; A timbre's program byte is the program's number in every type (measured in the factory combinations: H-PARTS). LAYER, SPLIT and
; VELOCITY SWITCH are two timbres on the global channel, SINGLE is one; what tells them apart is their windows.
; 100 and above is the card's; without it the timbre is silent. A sound that is selected releases the voices of the part it takes;
; they play on with the program they began with.

CARD_PROGRAMS   equ     100             ; card_program's first
NO_PROGRAM      equ     200
COMBI_MULTI     equ     4               ; combination byte 10
TIMBRE_SIZE     equ     11

; Effects and parts anew after mode, selection or an edit buffer changed.
sounds_changed:
        call    effects_update

; The parts anew from the edit buffer that plays. A part that stays the same goes on. Changes AX-DX, SI, DI.
parts_update:
        xor     cx, cx                  ; part
.part:
        push    cx
        call    part_build
        pop     cx
        mov     di, cx
        shl     di, 5
        add     di, parts
        cmp     byte [part_new + P_ON], 0
        jne     .compare
        cmp     byte [di + P_ON], 0
        je      .next
        call    part_release
        mov     byte [di + P_ON], 0     ; the rest stays for the voices that still sound
        jmp     .next
.compare:
        push    cx
        push    di
        mov     si, part_new
        mov     cx, PART_COMPARED
        repe cmpsb
        pop     di
        pop     cx
        je      .next
        call    part_release
        push    cx
        push    di
        mov     si, part_new
        mov     cx, PART_COMPARED / 2
        rep movsw
        pop     si
        call    part_controls
        pop     cx
.next:
        inc     cx
        cmp     cl, PARTS
        jb      .part
        ret

; part_new for part CL. P_ON = 0 if it has nothing to play.
part_build:
        mov     di, part_new
        mov     dx, cx
        mov     cx, PART_COMPARED / 2
        xor     ax, ax
        rep stosw
        cmp     byte [combi_plays], 0
        jne     .combi
        test    dl, dl
        jnz     .end                    ; PROG: one part
        mov     word [part_new + P_PROGRAM], prog_edit
        mov     word [part_new + P_FLAGS], 0FFh | 99 << 8
        mov     byte [part_new + P_PAN], PAN_PROGRAM
        mov     word [part_new + P_KEY_TOP], 127
        mov     word [part_new + P_VEL_TOP], 127
        mov     al, [SET_CHANNEL]
        jmp     .on
.combi:
        mov     al, TIMBRE_SIZE
        mul     dl
        mov     si, ax
        add     si, combi_edit + 36
        mov     bl, [combi_edit + 10]
        xor     bh, bh
        cmp     bl, COMBI_MULTI
        jbe     .type
        xor     bl, bl                  ; a type there is not plays as SINGLE
.type:
        cmp     dl, [cs:bx + timbres_of_type]
        jae     .end
        test    byte [si + 10], 10h
        jnz     .end                    ; timbre off
        mov     al, [si]
        push    si
        cmp     al, CARD_PROGRAMS
        jae     .card
        call    to_bcd
        mov     ah, [sound_count]
        call    existing_number
        call    program_address
.program:
        mov     [part_new + P_PROGRAM], si
        pop     si
        mov     al, [si + 9]
        mov     [part_new + P_FLAGS], al
        mov     al, [si + 1]
        mov     [part_new + P_LEVEL], al
        mov     al, [si + 4]
        and     al, 80h | 0Fh
        mov     [part_new + P_PAN], al
        mov     al, [si + 2]
        mov     ah, TRANSPOSE_MAX
        call    held_to
        mov     [part_new + P_TRANSPOSE], al
        mov     al, [si + 3]
        mov     ah, 50
        call    held_to
        mov     [part_new + P_DETUNE], al
        mov     ax, [si + 5]
        mov     [part_new + P_KEY_TOP], ax
        mov     ax, [si + 7]
        mov     [part_new + P_VEL_TOP], ax
        mov     al, [SET_CHANNEL]
        cmp     bl, COMBI_MULTI
        jne     .on
        mov     al, [si + 10]           ; MULTI: its own
        and     al, 0Fh
.on:
        mov     [part_new + P_CHANNEL], al
        mov     byte [part_new + P_ON], 1
.end:
        ret

.card:
        cmp     al, NO_PROGRAM
        jae     .silent
        sub     al, CARD_PROGRAMS
        call    card_program
        jnc     .program
.silent:
        pop     si
        ret

timbres_of_type:        db 1, 2, 2, 2, 8

; AL (signed) held to -AH to AH.
held_to:
        cmp     al, ah
        jg      .limit
        neg     ah
        cmp     al, ah
        jge     .end
.limit:
        mov     al, ah
.end:
        ret

; Releases every voice of part CL at DI that a key, the damper or hold still keeps, and forgets its keys. CX, DI kept.
part_release:
        push    di
        mov     si, di
        mov     bp, voice_off
        call    part_silence
        pop     di
        ret

; The part at DI forgets the keys that are held. All kept but AX.
forget_keys:
        push    cx
        push    di
        add     di, P_MONO_KEYS
        xor     ax, ax
        mov     cx, (PART_SIZE - P_MONO_KEYS) / 2
        rep stosw
        pop     di
        pop     cx
        ret

; Voice BX at DI: released, unless it is free or released already. SI, BP kept.
voice_let_go:
        mov     al, [di + V_STATE]
        test    al, al
        jz      .end
        cmp     al, STATE_RELEASED
        je      .end
        mov     byte [voice_pending + bx], 0
        mov     al, bl
        jmp     voice_off
.end:
        ret

; prog_edit is about to hold another program: voices that play it keep a copy, released. There is one copy; what still
; plays the one before it ends.
program_leave:
        mov     di, voices
        xor     bx, bx
.voice:
        cmp     byte [di + V_STATE], STATE_FREE
        je      .next
        mov     ax, [di + V_PROGRAM]
        cmp     ax, prog_last
        je      .stop
        cmp     ax, prog_edit
        jne     .next
        mov     word [di + V_PROGRAM], prog_last
        add     word [di + V_BLOCK], prog_last - prog_edit
        call    voice_let_go
        jmp     .next
.stop:
        mov     al, bl
        call    voice_stop
.next:
        add     di, VOICE_SIZE
        inc     bx
        cmp     bl, VOICES
        jb      .voice
        cmp     word [parts + P_PROGRAM], prog_edit
        jne     .copy
        mov     di, parts
        call    forget_keys
.copy:
        mov     si, prog_edit
        mov     di, prog_last
        mov     cx, PROG_SIZE
        rep movsb
        ret

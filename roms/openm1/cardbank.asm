; The card as a bank of sounds: what is selected there, what timbres play of it, requests over MIDI.
;
; A program of the card is played from a copy: prog_edit, or one of CARD_SLOTS for the timbres of combinations.

; The card was exchanged, taken out or written to: what played from it ends; a bank that is not there any more gives way to the
; internal one, under the same number.
card_follow:
        mov     di, card_slots
        mov     cx, CARD_SLOTS
        xor     al, al
        rep stosb
        mov     ax, CARD_PLAYED
        mov     dx, CARD_PLAYED + CARD_SLOTS * PROG_SIZE
        call    programs_end
        cmp     byte [prog_bank], 0
        je      .combi
        mov     ax, prog_edit
        mov     dx, prog_edit + 1
        call    programs_end
        mov     bx, prog_number
        call    bank_check
        call    load_program
.combi:
        cmp     byte [combi_bank], 0
        je      .parts
        mov     bx, combi_number
        call    bank_check
        call    load_combi
.parts:
        mov     byte [redraw], 1
        call    show_leds
        jmp     sounds_changed

; The number at BX is one there is: in its bank, or in the internal one.
bank_check:
        cmp     byte [card_count], 0
        jne     .there
        mov     byte [bx + 1], 0
.there:
        call    bank_count
        mov     al, [bx]
        call    existing_number
        mov     [bx], al
        ret

; AH = sounds in the bank of the number at BX.
bank_count:
        mov     ah, [sound_count]
        cmp     byte [bx + 1], 0
        je      .end
        mov     ah, [card_count]
.end:
        ret

; Ends the voices whose program lies from AX up, below DX.
programs_end:
        mov     di, voices
        xor     bx, bx
.voice:
        cmp     byte [di + V_STATE], STATE_FREE
        je      .next
        mov     cx, [di + V_PROGRAM]
        cmp     cx, ax
        jb      .next
        cmp     cx, dx
        jae     .next
        push    ax
        push    dx
        mov     byte [voice_pending + bx], 0
        mov     al, bl
        call    voice_stop
        pop     dx
        pop     ax
.next:
        add     di, VOICE_SIZE
        inc     bx
        cmp     bl, VOICES
        jb      .voice
        ret

; SI = a copy of program AL (0-99) of the card; carry if there is none. Keeps BX.
card_program:
        mov     ah, [card_count]
        test    ah, ah
        jz      .none
        cmp     al, ah
        jb      .there
        sub     al, ah
.there:
        push    bx
        inc     ax
        mov     di, card_slots
        mov     cx, CARD_SLOTS
        repne scasb
        je      .found
.another:                               ; parts hold eight slots at most: there is one that none of them plays
        mov     bl, [card_slot_last]
        inc     bx
        and     bx, CARD_SLOTS - 1
        mov     [card_slot_last], bl
        push    ax
        call    .address
        pop     ax
        mov     di, parts
        mov     cx, PARTS
.part:
        cmp     byte [di + P_ON], 0
        je      .next
        cmp     si, [di + P_PROGRAM]
        je      .another
.next:
        add     di, PART_SIZE
        loop    .part
        mov     [card_slots + bx], al
        push    si
        push    ax
        mov     ax, si
        lea     dx, [si + 1]
        call    programs_end
        pop     ax
        pop     di
        push    di
        dec     ax
        call    card_program_at
        mov     cx, PROG_SIZE
        call    card_fetch
        pop     si
        jmp     .have
.found:
        lea     bx, [di - card_slots - 1]
        call    .address
.have:
        pop     bx
        clc
        ret
.none:
        stc
        ret
.address:                               ; SI = slot BX
        mov     al, PROG_SIZE
        mul     bl
        mov     si, ax
        add     si, CARD_PLAYED
        ret

; SI = card byte of program, combination AL (0-99).
card_program_at:
        mov     ah, PROG_SIZE
        mul     ah
        add     ax, [card_programs]
        mov     si, ax
        ret
card_combi_at:
        mov     ah, COMBI_SIZE
        mul     ah
        add     ax, CARD_COMBIS
        mov     si, ax
        ret

; ---- keys ----

; CARD: the card's bank in the play modes; elsewhere it says what is in the slot.
card_key:
        call    card_look
        and     byte [card_says], SAY_LOW | SAY_BAD     ; the rest is said now
        mov     byte [entry_digits], 0
        mov     byte [redraw], 1
        mov     al, [mode]
        cmp     al, MODE_PROG
        je      .plays
        cmp     al, MODE_COMBI
        jne     .tell
.plays:
        cmp     byte [card_count], 0
        je      say_card
        call    current_number
        mov     al, 1
        jmp     select_bank
.tell:
        cmp     byte [card_kind], CARD_NONE
        je      say_card
        call    card_kind_text
        mov     cx, TICKS_SECOND * 3 / 4
        jmp     show_message

int_key:
        mov     byte [entry_digits], 0
        mov     byte [redraw], 1
        mov     al, [mode]
        cmp     al, MODE_PROG
        je      .plays
        cmp     al, MODE_COMBI
        jne     select_bank.end
.plays:
        call    current_number
        xor     al, al

; Bank AL for the number at BX of the play mode.
select_bank:
        cmp     al, [bx + 1]
        je      .end
        mov     [bx + 1], al
        mov     al, [bx]
        call    set_number
        jmp     show_leds
.end:
        ret

; Why there is nothing to be had from the card.
say_card:
        call    card_why
        xor     cx, cx
        jmp     show_message
card_why:
        mov     si, text_no_card
        cmp     byte [card_in], 0
        je      .end
        mov     si, text_card_foreign
        cmp     byte [card_kind], CARD_NONE
        je      .end
        mov     si, text_card_other
.end:
        ret

; ---- MIDI ----

; Where the dump that is asked for comes from: src_... AH = kinds of card that have it, a bit each. Carry: it is not there.
dump_source:
        cmp     byte [sx_args], 0
        jne     .card
        mov     al, [SET_ALLOCATION]
        mov     [src_allocation], al
        mov     ax, [SET_STEPS]
        mov     [src_steps], ax
        mov     word [src_global], GLOBAL_DATA
        mov     word [src_combis], COMBI_DATA
        mov     ax, [prog_base]
        mov     [src_programs], ax
        mov     ax, [seq_base]
        mov     [src_sequences], ax
        clc
        ret
.card:
        push    ax
        call    card_look
        pop     ax
        mov     cl, [card_kind]         ; CARD_NONE shifts it out
        mov     al, 1
        shl     al, cl
        and     al, ah
        jz      .none
        mov     byte [src_card], 1
        mov     al, [card_kind]
        cmp     al, CARD_KIND_SEQ
        jb      .allocation
        mov     al, 1                   ; as many steps go with 50 sounds
.allocation:
        mov     [src_allocation], al
        mov     ax, [card_steps]
        mov     [src_steps], ax
        mov     word [src_global], CARD_HEAD
        mov     word [src_combis], CARD_COMBIS
        mov     ax, [card_programs]
        mov     [src_programs], ax
        mov     ax, [card_sequences]
        mov     [src_sequences], ax
        clc
        ret
.none:
        call    say_card
        stc
        ret

; The edit buffer at SI, CX bytes, to the card: record sx_args + 1 of those that BP finds. Carry: it was not written, and why is
; said.
card_write_edit:
        push    cx
        push    si
        push    bp
        call    card_look
        pop     bp
        cmp     byte [sx_begun], 1
        jne     .no
        mov     al, [sx_args + 1]
        cmp     byte [card_count], 0
        je      .not_there
        cmp     al, [card_count]
        jae     .no
        call    card_writable
        jc      .failed
        mov     al, [sx_args + 1]
        call    bp
        mov     di, si
        pop     si
        pop     cx
        mov     bp, [card_mark]
.next:
        lodsb
        mov     dl, al
        push    si
        mov     si, di
        call    card_word
        pop     si
        xor     ah, ah
        sub     bp, ax
        mov     al, dl
        add     bp, ax
        call    card_put
        jne     .broken
        inc     di
        loop    .next
        mov     ax, bp
        mov     di, CARD_SUM
        call    card_put
        jne     .broken
        inc     di
        mov     al, ah
        call    card_put
        jne     .broken
        call    card_there
        jnz     .broken
        call    card_recognise
        clc
        ret
.broken:
        call    card_failed
        jmp     .say
.failed:
        pop     dx
        pop     dx
.say:
        xor     cx, cx
        call    show_message
        stc
        ret
.not_there:
        call    say_card
.no:
        pop     si
        pop     cx
        stc
        ret

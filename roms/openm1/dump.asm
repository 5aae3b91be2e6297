; Requests: dumps out, write requests, mode messages.

CARD_DUMPED     equ     140             ; bytes of the card sent between two looks at the slot: whole groups
KINDS_ALL       equ     2               ; kinds of card that have them: only 50 has everything
KINDS_SEQUENCES equ     6
KINDS_SOUNDS    equ     3

end_refused:                            ; what this version does not have, or the card
        mov     al, REPLY_REFUSED
        jmp     sysex_reply

end_request_all:                        ; 0F
        mov     ah, KINDS_ALL
        call    dump_source
        jc      end_refused
        mov     al, 50h
        call    dump_begin
        mov     al, [src_allocation]
        call    midi_put
        call    put_steps
        mov     si, [src_global]
        mov     cx, [src_sequences]
        sub     cx, si
        call    sequence_size
        jmp     dump_data

end_request_sequences:                  ; 18
        mov     ah, KINDS_SEQUENCES
        call    dump_source
        jc      end_refused
        mov     al, 48h
        call    dump_begin
        mov     al, [src_allocation]
        call    midi_put
        call    put_steps
        mov     si, [src_sequences]
        xor     cx, cx
        call    sequence_size
        jmp     dump_data

end_request_programs:                   ; 1C
        mov     ah, KINDS_SOUNDS
        call    dump_source
        jc      end_refused
        mov     al, 4Ch
        call    dump_begin
        mov     al, [src_allocation]
        call    midi_put
        mov     si, [src_programs]
        mov     cx, [src_sequences]
        sub     cx, si
        jmp     dump_data

end_request_combis:                     ; 1D
        mov     ah, KINDS_SOUNDS
        call    dump_source
        jc      end_refused
        mov     al, 4Dh
        call    dump_begin
        mov     al, [src_allocation]
        call    midi_put
        mov     si, [src_combis]
        mov     cx, [src_programs]
        sub     cx, si
        jmp     dump_data

end_request_global:                     ; 0E
        mov     ah, KINDS_SOUNDS
        call    dump_source
        jc      end_refused
        mov     al, 51h
        call    dump_begin
        mov     si, [src_global]
        mov     cx, GLOBAL_SIZE
        jmp     dump_data

end_request_program:                    ; 10
        mov     al, 40h
        call    sysex_head
        mov     si, prog_edit
        mov     cx, PROG_SIZE
        jmp     dump_data

end_request_combi:                      ; 19
        mov     al, 49h
        call    sysex_head
        mov     si, combi_edit
        mov     cx, COMBI_SIZE

; CX bytes from SI, of the card if src_card, packed, and the end of the message. A card that goes away meanwhile ends it early.
dump_data:
        cmp     byte [src_card], 0
        jne     .card
        call    dump_groups
.sent:
        cmp     word [message], text_sending
        jne     .end
        call    end_message
.end:
        jmp     sysex_tail
.card:
        mov     bx, CARD_DUMPED
        cmp     cx, bx
        jae     .part
        mov     bx, cx
.part:
        sub     cx, bx
        push    cx
        lea     ax, [si + bx]
        push    ax
        mov     cx, bx
        mov     di, card_buffer
        call    card_fetch
        call    card_there
        jnz     .gone                   ; the next look at the card says so
        mov     cx, bx
        mov     si, card_buffer
        call    dump_groups
        pop     si
        pop     cx
        test    cx, cx
        jnz     .card
        jmp     .sent
.gone:
        pop     si
        pop     cx
        jmp     .sent

; CX bytes from SI, in groups of seven.
dump_groups:
        mov     bx, 7
        cmp     cx, bx
        jae     .group
        mov     bx, cx
.group:
        sub     cx, bx
        push    bx
        xor     ah, ah
.bits:                                  ; from the last byte to the first, so that the first ends in bit 0
        dec     bx
        mov     al, [si + bx]
        shl     al, 1
        rcl     ah, 1
        test    bx, bx
        jnz     .bits
        mov     al, ah
        call    midi_put
        pop     bx
.byte:
        lodsb
        and     al, 7Fh
        call    midi_put
        dec     bx
        jnz     .byte
        test    cx, cx
        jnz     dump_groups
        ret

; Says so on the LCD, then the head of dump AL.
dump_begin:
        push    ax
        mov     si, text_sending
        xor     cx, cx
        call    show_message
        call    draw
        pop     ax
        jmp     sysex_head

put_steps:                              ; two 7-bit bytes, low first
        mov     bx, [src_steps]
        mov     al, bl
        and     al, 7Fh
        call    midi_put
        shl     bx, 1
        mov     al, bh
        jmp     midi_put

; CX += bytes of the sequence part.
sequence_size:
        mov     ax, [src_steps]
        shl     ax, 2
        add     ax, SEQ_CONTROL
        add     cx, ax
        ret

; 11, 1A: the edit buffer into bank, number.
end_write_program:
        cmp     byte [sx_args], 0
        jne     .card
        mov     al, [PROTECT_PROG]
        call    write_allowed
        jnz     .refused
        call    program_address
        mov     di, si
        mov     si, prog_edit
        mov     cx, PROG_SIZE
        jmp     end_write
.card:
        mov     si, prog_edit
        mov     cx, PROG_SIZE
        mov     bp, card_program_at
        call    card_write_edit
        jc      .refused
        mov     al, [sx_args + 1]       ; what plays it has it anew, as with a stored program
        inc     ax
        mov     di, card_slots
        mov     cx, CARD_SLOTS
        repne scasb
        jne     end_write.written
        lea     bx, [di - card_slots - 1]
        call    card_program.address
        mov     di, si
        mov     si, prog_edit
        mov     cx, PROG_SIZE
        rep movsb
        jmp     end_write.written
.refused:
        mov     al, REPLY_NOT_WRITTEN
        jmp     sysex_reply
end_write_combi:
        cmp     byte [sx_args], 0
        jne     .card
        mov     al, [PROTECT_COMBI]
        call    write_allowed
        jnz     end_write_program.refused
        call    combi_address
        mov     di, si
        mov     si, combi_edit
        mov     cx, COMBI_SIZE
        jmp     end_write
.card:
        mov     si, combi_edit
        mov     cx, COMBI_SIZE
        mov     bp, card_combi_at
        call    card_write_edit
        jc      end_write_program.refused
        jmp     end_write.written
end_write:
        call    store_block
.written:
        mov     byte [redraw], 1
        mov     al, REPLY_WRITTEN
        jmp     sysex_reply

; AL = protect switch. Z: the request is whole, in range and unprotected; AL = the number in BCD.
write_allowed:
        test    al, al
        jnz     .protected
        cmp     byte [sx_begun], 1
        jne     .end
        mov     al, [sx_args + 1]
        cmp     al, [sound_count]
        jae     .no
        call    to_bcd
        cmp     al, al
.end:
        ret
.no:
        or      al, 1
        ret
.protected:
        mov     si, text_protected
        xor     cx, cx
        call    show_message
        jmp     .no

%if HAS_MODE_REQUEST
; 12: mode, allocation, card (30h none or not ours, 31h-33h its kind: the codes are a guess), PCM card.
end_request_mode:
        mov     al, 42h
        call    sysex_head
        mov     al, [mode]
        call    midi_put
        mov     al, [SET_ALLOCATION]
        call    midi_put
        call    card_look
        mov     al, [card_kind]
        inc     ax
        add     al, 30h
        call    midi_put
        mov     dx, PIO_E
        in      al, dx
        test    al, 08h
        mov     al, 2                   ; inserted
        jz      .put
        dec     ax
.put:
        call    midi_put
        jmp     sysex_tail
%endif

%if HAS_NAMES_REQUEST
; 16: how many multisounds there are, and their names, MS_NAME_SIZE characters each. Ours: an M1's reply is for PCM cards.
end_request_names:
        mov     al, 45h
        call    sysex_head
        mov     al, MS_NAMES
        call    midi_put
        mov     si, ms_names
        mov     cx, MS_NAMES * MS_NAME_SIZE
.next:
        cs lodsb
        call    midi_put
        loop    .next
        jmp     sysex_tail
%endif

; 4E: mode change. The second byte (change or keep) is not looked at; the banks stay.
end_mode_change:
        cmp     byte [sx_have], 0
        je      end_format
        mov     al, [sx_args]
        cmp     al, MODE_COMBI
        je      .change
        cmp     al, MODE_PROG
        je      .change
        cmp     al, MODE_GLOBAL
        jne     end_refused
.change:
        call    set_mode
        mov     al, MODE_REPLY
        jmp     sysex_reply

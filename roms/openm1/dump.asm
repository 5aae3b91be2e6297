; Requests: dumps out, write requests, mode messages.

; Requests that name a bank refuse the card (byte 1): end the caller with reply 24, and say why.
%macro  internal_only 0
        cmp     byte [sx_args], 0
        jne     end_card
%endmacro

end_card:
        call    say_card
end_refused:                            ; what this version does not have
        mov     al, REPLY_REFUSED
        jmp     sysex_reply

end_request_all:                        ; 0F
        internal_only
        mov     al, 50h
        call    dump_begin
        mov     al, [SET_ALLOCATION]
        call    midi_put
        call    put_steps
        mov     si, GLOBAL_DATA
        mov     cx, [seq_base]
        sub     cx, si
        call    sequence_size
        jmp     dump_data

end_request_sequences:                  ; 18
        internal_only
        mov     al, 48h
        call    dump_begin
        mov     al, [SET_ALLOCATION]
        call    midi_put
        call    put_steps
        mov     si, [seq_base]
        xor     cx, cx
        call    sequence_size
        jmp     dump_data

end_request_programs:                   ; 1C
        internal_only
        mov     al, 4Ch
        call    dump_begin
        mov     al, [SET_ALLOCATION]
        call    midi_put
        mov     si, [prog_base]
        mov     cx, [seq_base]
        sub     cx, si
        jmp     dump_data

end_request_combis:                     ; 1D
        internal_only
        mov     al, 4Dh
        call    dump_begin
        mov     al, [SET_ALLOCATION]
        call    midi_put
        mov     si, COMBI_DATA
        mov     cx, [prog_base]
        sub     cx, si
        jmp     dump_data

end_request_global:                     ; 0E
        internal_only
        mov     al, 51h
        call    dump_begin
        mov     si, GLOBAL_DATA
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

; CX bytes from SI, packed, and the end of the message.
dump_data:
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
        jnz     dump_data
        cmp     word [message], text_sending
        jne     .end
        call    end_message
.end:
        jmp     sysex_tail

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
        mov     bx, [SET_STEPS]
        mov     al, bl
        and     al, 7Fh
        call    midi_put
        shl     bx, 1
        mov     al, bh
        jmp     midi_put

; CX += bytes of the sequence part.
sequence_size:
        mov     ax, [SET_STEPS]
        shl     ax, 2
        add     ax, SEQ_CONTROL
        add     cx, ax
        ret

; 11, 1A: the edit buffer into bank, number.
end_write_program:
        mov     al, [PROTECT_PROG]
        call    write_allowed
        jnz     .refused
        call    program_address
        mov     di, si
        mov     si, prog_edit
        mov     cx, PROG_SIZE
        jmp     end_write
.refused:
        mov     al, REPLY_NOT_WRITTEN
        jmp     sysex_reply
end_write_combi:
        mov     al, [PROTECT_COMBI]
        call    write_allowed
        jnz     end_write_program.refused
        call    combi_address
        mov     di, si
        mov     si, combi_edit
        mov     cx, COMBI_SIZE
end_write:
        call    store_block
        mov     byte [redraw], 1
        mov     al, REPLY_WRITTEN
        jmp     sysex_reply

; AL = protect switch. Z: the request is whole, internal, in range and unprotected; AL = the number in BCD.
write_allowed:
        test    al, al
        jnz     .protected
        cmp     byte [sx_begun], 1
        jne     .end
        cmp     byte [sx_args], 0
        jne     .card
        mov     al, [sx_args + 1]
        cmp     al, [sound_count]
        jae     .no
        call    to_bcd
        cmp     al, al
.end:
        ret
.card:
        call    say_card
.no:
        or      al, 1
        ret
.protected:
        mov     si, text_protected
        xor     cx, cx
        call    show_message
        jmp     .no

; 12: mode, allocation, card (none), PCM card.
end_request_mode:
        mov     al, 42h
        call    sysex_head
        mov     al, [mode]
        call    midi_put
        mov     al, [SET_ALLOCATION]
        call    midi_put
        mov     al, 30h
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

; 4E: mode change. The second byte (change or keep) is not needed here: banks other than internal do not exist.
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
        mov     al, REPLY_LOADED
        jmp     sysex_reply

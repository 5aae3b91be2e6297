; Dumps received: checked before the first byte is written, unpacked straight into the stored pool, repaired if they break off.
;
; Packing: a byte with the high bits of the next seven (bit 0 for the first), then those seven without; the last group is short.
; A dump that breaks off keeps every record it completed; the record it broke in is initialised, and all that was to
; follow if the dump changed the allocation; a broken sequence leaves ten empty songs. The rest stays as it was.

; ---- when the bytes before the data have come ----

begin_all:                              ; 50: allocation, steps (two 7-bit bytes, low first)
        mov     al, [PROTECT_PROG]
        or      al, [PROTECT_COMBI]
        or      al, [PROTECT_SEQ]
        jnz     refuse_protected
        call    steps_wanted
        mov     al, [sx_args]
        cmp     al, 1
        ja      refuse_format
        call    step_limit
        cmp     cx, dx
        ja      refuse_size
        call    begin_stored
        mov     al, [sx_args]
        cmp     al, [SET_ALLOCATION]
        je      .placed
        mov     al, 1
        mov     di, SET_RELAYOUT
        call    store
        mov     al, [sx_args]
        mov     di, SET_ALLOCATION
        call    store
        call    set_layout
.placed:
        mov     si, GLOBAL_DATA
        mov     ax, [seq_base]
        sub     ax, si
        add     ax, SEQ_CONTROL
        mov     cx, [sx_steps]
        shl     cx, 2
        add     ax, cx
        jmp     begin_data

begin_sequences:                        ; 48: allocation, steps
        cmp     byte [PROTECT_SEQ], 0
        jne     refuse_protected
        call    steps_wanted
        cmp     byte [sx_args], 1
        ja      refuse_format
        mov     al, [SET_ALLOCATION]
        call    step_limit
        cmp     cx, dx
        ja      refuse_size
        call    begin_stored
        mov     si, [seq_base]
        mov     ax, [sx_steps]
        shl     ax, 2
        add     ax, SEQ_CONTROL
        jmp     begin_data

begin_programs:                         ; 4C: allocation
        cmp     byte [PROTECT_PROG], 0
        jne     refuse_protected
        mov     ah, PROG_SIZE
        mov     si, [prog_base]
        jmp     begin_records
begin_combis:                           ; 4D: allocation
        cmp     byte [PROTECT_COMBI], 0
        jne     refuse_protected
        mov     ah, COMBI_SIZE
        mov     si, COMBI_DATA
begin_records:                          ; SI = first record, AH = size of one
        mov     al, [sx_args]
        cmp     al, 1
        ja      refuse_format
        mov     al, 100
        jb      .count
        mov     al, 50
.count:
        cmp     al, [sound_count]
        ja      refuse_size
        mul     ah
        push    ax
        call    begin_stored
        pop     ax
        jmp     begin_data

begin_global:                           ; 51: nothing
        call    begin_stored
        mov     si, GLOBAL_DATA
        mov     ax, GLOBAL_SIZE
        jmp     begin_data

begin_program:                          ; 40: nothing
        mov     ax, PROG_SIZE
        jmp     begin_staged
begin_combi:                            ; 49: nothing
        mov     ax, COMBI_SIZE
begin_staged:
        mov     si, staging
        mov     byte [sx_staged], 1

begin_data:                             ; AX bytes go to SI
        mov     [RECEIVE_POINTER], si
        mov     [sx_left], ax
        mov     word [sx_next], receive_byte
        ret

; Marks the RAM as being written by this function, on the LCD as well.
begin_stored:
        push    si
        mov     word [RECEIVE_POINTER], REGION
        mov     si, [sx_entry]
        mov     al, [cs:si]
        mov     di, SET_RECEIVING
        call    store
        mov     si, text_receiving
        xor     cx, cx
        call    show_message
        pop     si
        ret

; CX = sx_steps = the number of steps announced.
steps_wanted:
        mov     ch, [sx_args + 2]
        xor     cl, cl
        shr     cx, 1
        or      cl, [sx_args + 1]
        mov     [sx_steps], cx
        ret

refuse_protected:
        mov     si, text_protected
        mov     al, REPLY_REFUSED
        jmp     sysex_refuse
refuse_size:
        mov     si, text_too_large
        mov     al, REPLY_REFUSED
        jmp     sysex_refuse
refuse_format:
        mov     si, text_format
        mov     al, REPLY_FORMAT
        jmp     sysex_refuse

; ---- data ----

receive_byte:
        cmp     word [sx_left], 0
        je      .over
        dec     byte [sx_group]
        js      .group
        shr     byte [sx_bits], 1
        jnc     .low
        or      al, 80h
.low:
        mov     di, [RECEIVE_POINTER]
        cmp     byte [sx_staged], 0
        jne     .stage
        call    store
        jmp     .stored
.stage:
        mov     [di], al
.stored:
        inc     word [RECEIVE_POINTER]
        dec     word [sx_left]
        ret
.group:
        mov     [sx_bits], al
        mov     byte [sx_group], 7
        ret
.over:
        mov     byte [sx_over], 1
        ret

; ---- the end ----

end_edit_program:
        mov     di, prog_edit
        mov     cx, PROG_SIZE
        jmp     end_staged
end_edit_combi:
        mov     di, combi_edit
        mov     cx, COMBI_SIZE
end_staged:
        cmp     word [sx_left], 0
        jne     end_format
        cmp     byte [sx_over], 0
        jne     end_format
        mov     si, staging
        rep movsb
        mov     byte [redraw], 1
        call    sounds_changed
        mov     al, REPLY_LOADED
        jmp     sysex_reply
end_format:
        mov     si, text_format
        xor     cx, cx
        call    show_message
        mov     al, REPLY_FORMAT
        jmp     sysex_reply

end_stored:
        cmp     byte [sx_begun], 0
        je      end_format
        cmp     word [sx_left], 0
        jne     .short
        call    receive_commit
        cmp     byte [sx_over], 0
        jne     end_format
        mov     si, text_received
        mov     cx, TICKS_SECOND * 3 / 4
        call    show_message
        mov     al, REPLY_LOADED
        jmp     sysex_reply
.short:
        call    receive_repair
        call    reload_sounds
        mov     si, text_incomplete
        xor     cx, cx
        call    show_message
        mov     al, REPLY_FORMAT
        jmp     sysex_reply

; All bytes are there: the number of steps, no dump under way, edit buffers from the new data.
receive_commit:
        mov     al, [SET_RECEIVING]
        cmp     al, 50h
        je      .steps
        cmp     al, 48h
        jne     .close
.steps:
        mov     si, sx_steps
        mov     di, SET_STEPS
        mov     cx, 2
        call    store_block
.close:
        call    receive_close
        jmp     reload_sounds

receive_close:
        xor     al, al
        mov     di, SET_RELAYOUT
        call    store
        xor     al, al
        mov     di, SET_RECEIVING
        jmp     store

; A dump stopped at RECEIVE_POINTER: makes the pool well formed again. Also at power-on, if the power went meanwhile.
receive_repair:
        mov     dx, [RECEIVE_POINTER]
        mov     di, COMBI_DATA
        mov     bx, COMBI_SIZE
        mov     bp, init_combi
        call    repair_records
        mov     di, [prog_base]
        mov     bx, PROG_SIZE
        mov     bp, init_program
        call    repair_records
        cmp     byte [SET_RELAYOUT], 0
        jne     .songs
        cmp     dx, [seq_base]
        jbe     .sums
.songs:
        call    init_sequences
.sums:
        mov     byte [SET_RELAYOUT], 0
        mov     byte [SET_RECEIVING], 0
        jmp     write_sums

; The records at DI, BX bytes each: what DX cut is initialised by BP, and all above DX if the allocation changed.
repair_records:
        mov     cl, [sound_count]
        xor     ch, ch
.record:
        mov     ax, di
        add     ax, bx
        cmp     ax, dx
        jbe     .keep                   ; complete
        cmp     di, dx
        jb      .cut
        cmp     byte [SET_RELAYOUT], 0
        je      .keep                   ; not reached: as it was
.cut:
        call    bp
        jmp     .next
.keep:
        add     di, bx
.next:
        loop    .record
        ret

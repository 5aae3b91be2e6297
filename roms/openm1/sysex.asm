; System exclusive in: F0 42 3n 19 function ... F7 for our channel, and the identity request.
;
; sysex_table rows (tables.asm): function, bytes before the data, routine when those have come, routine at the end.
; The routine at the end finds sx_begun = 0 if the message was too short for the first.

SYSEX_ROW       equ     6
REPLY_WRITTEN   equ     21h
REPLY_NOT_WRITTEN equ   22h
REPLY_LOADED    equ     23h
REPLY_REFUSED   equ     24h
REPLY_FORMAT    equ     26h

sysex_begin:
        xor     ax, ax
        mov     [sx_entry], ax
        mov     [sx_args], ax
        mov     [sx_args + 2], ax
        mov     [sx_have], al
        mov     [sx_begun], al
        mov     [sx_error], al
        mov     [sx_left], ax
        mov     [sx_over], al
        mov     [sx_staged], al
        mov     [sx_group], al
        mov     [src_card], al
        mov     byte [sx_open], 1
        mov     word [sx_next], .maker
        ret
.maker:
        mov     word [sx_next], .channel
        cmp     al, 42h
        je      .end
        mov     word [sx_next], .universal
        cmp     al, 7Eh
        je      .end
.not_ours:
        mov     word [sx_next], sysex_ignore
        ret
.channel:
        mov     word [sx_next], .device
        mov     ah, [SET_CHANNEL]
        or      ah, 30h
        cmp     al, ah
        jne     .not_ours
        ret
.device:
        mov     word [sx_next], .function
        cmp     al, 19h
        jne     .not_ours
.end:
        ret

.function:
        mov     si, sysex_table
.look:
        cmp     al, [cs:si]
        je      .found
        add     si, SYSEX_ROW
        cmp     si, sysex_table_end
        jb      .look
        jmp     .not_ours
.found:
        mov     [sx_entry], si
        mov     word [sx_next], .argument
        cmp     byte [SET_EXCLUSIVE], 0
        jne     .enabled
        mov     si, text_exclusive_off
        mov     al, REPLY_REFUSED
        jmp     sysex_refuse
.enabled:
        cmp     byte [cs:si + 1], 0
        je      .begin
        ret
.argument:
        mov     bl, [sx_have]
        xor     bh, bh
        mov     [sx_args + bx], al
        inc     bx
        mov     [sx_have], bl
        mov     si, [sx_entry]
        cmp     bl, [cs:si + 1]
        jne     .end
.begin:
        mov     byte [sx_begun], 1
        mov     word [sx_next], sysex_ignore
        jmp     [cs:si + 2]

.universal:                             ; F0 7E channel 06 01 F7
        mov     bl, [sx_have]
        xor     bh, bh
        cmp     bl, 3
        jae     .not_ours_now
        mov     [sx_args + bx], al
        inc     byte [sx_have]
        mov     word [sx_entry], identity_row
        ret
.not_ours_now:
        mov     word [sx_entry], 0
        jmp     .not_ours

sysex_ignore:
sysex_no_data:
        ret

; Decides the reply AL already now, with the text SI on the LCD; the rest of the message is ignored.
sysex_refuse:
        mov     [sx_error], al
        mov     word [sx_next], sysex_ignore
        xor     cx, cx
        jmp     show_message

; The message broke off: a status byte, three seconds of nothing, a lost byte. Requests are dropped, dumps end here.
sysex_abort:
        mov     si, [sx_entry]
        test    si, si
        jz      sysex_end
        cmp     word [cs:si + 2], sysex_no_data
        jne     sysex_end
        mov     word [sx_entry], 0

; F7.
sysex_end:
        mov     byte [sx_open], 0
        mov     si, [sx_entry]
        test    si, si
        jz      .end
        mov     al, [sx_error]
        test    al, al
        jnz     sysex_reply
        jmp     [cs:si + 4]
.end:
        ret

; Sends F0 42 3n 19 AL F7.
sysex_reply:
        call    sysex_head
        jmp     sysex_tail

; Sends F0 42 3n 19 AL.
sysex_head:
        push    ax
        mov     al, 0F0h
        call    midi_put
        mov     al, 42h
        call    midi_put
        mov     al, [SET_CHANNEL]
        or      al, 30h
        call    midi_put
        mov     al, 19h
        call    midi_put
        pop     ax
        jmp     midi_put
sysex_tail:
        mov     al, 0F7h
        jmp     midi_put

; The identity request's end: 15 bytes, maker 42, family 0019, MEMBER, ROM number, version 1.
end_identity:
        cmp     word [sx_args + 1], 0106h
        jne     .end
        cmp     byte [sx_have], 3
        jne     .end
        mov     al, [sx_args]
        cmp     al, 7Fh
        je      .ours
        cmp     al, [SET_CHANNEL]
        jne     .end
.ours:
        mov     si, identity_reply
        mov     cx, identity_reply_end - identity_reply
.next:
        cs lodsb
        cmp     si, identity_reply + 3
        jne     .put
        mov     al, [SET_CHANNEL]
.put:
        call    midi_put
        loop    .next
.end:
        ret

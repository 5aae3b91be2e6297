; MIDI: bytes come by interrupt into a ring; the second task has a machine of states for them, and sends by asking.

serial_interrupt:
        push    ax
        push    bx
        push    dx
        push    ds
        mov     ax, VARIABLES
        mov     ds, ax
.more:
        mov     dx, SCU + 2
        in      al, dx
        test    al, 38h
        jz      .sound
        mov     al, 15h                 ; errors are forgotten
        out     dx, al
.sound:
        test    al, 2
        jz      .end
        mov     dl, SCU & 0FFh
        in      al, dx
        mov     bl, [rx_head]
        xor     bh, bh
        mov     [rx + bx], al
        inc     bx
        and     bl, 63
        mov     [rx_head], bl
        jmp     .more
.end:
        mov     dx, ICU
        mov     al, FINISH
        out     dx, al
        pop     ds
        pop     dx
        pop     bx
        pop     ax
        iret

midi_task:
        mov     bl, [rx_tail]
        cmp     bl, [rx_head]
        jne     .byte
%if SENSES
        mov     al, [ticks]
        sub     al, [sense]
        cmp     al, 25
        jb      .quiet
        mov     al, [ticks]
        mov     [sense], al
        mov     al, 0FEh
        call    send
.quiet:
%endif
        service YIELD
        jmp     midi_task
.byte:
        xor     bh, bh
        mov     al, [rx + bx]
        inc     bx
        and     bl, 63
        mov     [rx_tail], bl
        cmp     al, 0F8h
        jae     midi_task
        mov     bx, [midi_state]
        mov     ah, [cs:bx + midi_states + 2]
        jmp     [cs:bx + midi_states]

; a routine, and the byte it waits for
STATE           equ     3
midi_states:
        dw      midi_idle
        db      0F0h
        dw      midi_maker
        db      42h
        dw      midi_channel
        db      30h
        dw      midi_same
        db      19h
        dw      midi_request
        db      0
        dw      midi_end
        db      0F7h
UNIVERSAL       equ     ($ - midi_states) / STATE
        dw      midi_next               ; any channel
        db      0
        dw      midi_same
        db      06h
        dw      midi_same
        db      01h
        dw      midi_identity
        db      0F7h

midi_maker:
        cmp     al, 7Eh
        jne     midi_same
        mov     word [midi_state], UNIVERSAL * STATE
        jmp     midi_task
midi_idle:
midi_same:
        cmp     al, ah
        je      midi_next
midi_again:
        mov     word [midi_state], 0
        jmp     midi_task
midi_next:
        add     word [midi_state], STATE
        jmp     midi_task
midi_channel:
        push    ax
        call    get_channel
        pop     bx
        add     al, bh
        cmp     al, bl
        je      midi_next
        jmp     midi_again
midi_request:
        mov     [midi_function], al
        jmp     midi_next
midi_end:
        cmp     al, ah
        jne     midi_task               ; what the request says more does not count
        mov     al, [midi_function]
        cmp     al, 10h
        je      send_sound
        cmp     al, 12h
        je      send_mode
        jmp     midi_again

midi_identity:
        cmp     al, ah
        jne     midi_again
        mov     al, 0F0h
        call    send
        mov     al, 7Eh
        call    send
        call    get_channel
        call    send
        call    send_these
        db      7, 06h, 02h, 42h, 19h, 00h, 00h, 00h
        call    send_these
        db      4, 00h, 00h, VERSION_BYTE, 03h
        jmp     send_last

send_mode:
        call    send_head
        call    send_these
        db      2, 42h, 02h
        mov     al, 0
        call    send
send_last:
        mov     al, 0F7h
        call    send
        jmp     midi_again

; F0 42 3n 19
send_head:
        call    send_these
        db      2, 0F0h, 42h
        call    get_channel
        or      al, 30h
        call    send
        mov     al, 19h
        jmp     send

; The sound, 143 bytes, seven in eight.
send_sound:
        call    send_head
        mov     al, 40h
        call    send
        call    find_sound
        xor     si, si
.group:
        xor     bl, bl
        xor     di, di
.high:
        mov     al, [es:si]
        rol     al, 1
        rcr     bl, 1
        inc     si
        inc     di
        cmp     si, SOUND_SIZE - 1
        je      .short
        cmp     di, 7
        jb      .high
.short:
        mov     cx, 8
        sub     cx, di
        shr     bl, cl
        mov     al, bl
        call    send
        sub     si, di
.low:
        mov     al, [es:si]
        and     al, 7Fh
        call    send
        inc     si
        dec     di
        jnz     .low
        cmp     si, SOUND_SIZE - 1
        jb      .group
        jmp     send_last

; The bytes behind the call, their number first.
send_these:
        pop     si
        cs lodsb
        mov     cl, al
        xor     ch, ch
.next:
        cs lodsb
        call    send
        loop    .next
        jmp     si

; AL, when the unit takes it. AX, DX go.
send:
        push    ax
.wait:
        mov     dx, SCU + 2
        in      al, dx
        test    al, 1
        jnz     .free
        service YIELD
        jmp     .wait
.free:
        pop     ax
        mov     dx, SCU
        out     dx, al
        ret

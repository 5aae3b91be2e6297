; The first task: what the keys do, and the pages. Bit 0 of BP: the page is to be drawn.

ui_task:
        mov     bp, 1
.loop:
        shr     bp, 1
        jnc     .drawn
        call    draw
.drawn:
        service YIELD
        xor     al, al
        xchg    al, [pressed]
        test    al, al
        jz      .loop
        dec     ax
        cmp     word [message], 0
        je      .key
        mov     word [message], 0
        mov     bp, 1
.key:
        mov     si, key_table
.look:                                  ; rows of a code and how far the routine is from there
        mov     ah, [cs:si]
        inc     si
        cmp     ah, al
        je      .found
        inc     si
        inc     si
        cmp     ah, 0FFh
        jne     .look
        jmp     .loop
.found:
        mov     bx, si
        add     bx, [cs:si]
        push    word .loop
        jmp     bx

key_table:
%macro  key 2
        db      %1
        dw      %2 - $
%endmacro
        key     KEY_PROG, page_play
        key     KEY_GLOBAL, page_global
        key     KEY_SEQ, page_song
        key     KEY_UP, key_up
        key     KEY_DOWN, key_down
        db      0FFh

page_play:
        mov     al, 0
        db      0A9h                    ; TEST AX, word
page_global:
        mov     al, 1
        db      0A9h
page_song:
        mov     al, 2
        mov     [page], al
        mov     bp, 1
        ret

key_down:
        mov     al, -1
        db      0A9h
key_up:
        mov     al, 1
        cmp     byte [page], 1
        je      .channel
        ja      .nothing
        add     al, [sound]
%if WRAPS
        call    wrap_sound
%else
        cmp     al, SOUNDS
        jae     .nothing
%endif
        mov     [sound], al
.draw:
        mov     bp, 1
.nothing:
        ret
.channel:
        cbw
        push    ax
        call    get_channel
        pop     bx
        add     ax, bx
        and     ax, 15
        call    put_channel
        jmp     .draw

%if WRAPS
; AL behind the last sound is the first, in front of the first the last.
wrap_sound:
        test    al, al
        js      .last
        cmp     al, SOUNDS
        jb      .end
        mov     al, 0
        ret
.last:
        mov     al, SOUNDS - 1
.end:
        ret
%endif

draw:
        mov     bl, [page]
        xor     bh, bh
        shl     bx, 1
        mov     al, [cs:bx + page_leds]
        service LEDS
        jmp     [cs:bx + page_table]
page_leds:                              ; a byte for each word of the table: every second one counts
        db      11h, 0, 80h, 0, 40h, 0
page_table:
        dw      draw_play, draw_global, draw_song

draw_play:
        mov     si, template_play
        call    template
        mov     al, [sound]
        call    decimal
        mov     ax, [digits]
        mov     [shadow], ax
        call    find_sound
        xor     si, si
.name:
        mov     al, [es:si]
        mov     [shadow + 3 + si], al
        inc     si
        cmp     si, 10
        jb      .name
        mov     al, [es:10]
        call    decimal
        mov     ax, [digits]
        mov     [shadow + 21], ax
        mov     si, [message]
        test    si, si
        jnz     say
        ret

draw_global:
        mov     si, template_global
        call    template
        call    get_channel
        inc     ax
        call    decimal
        mov     ax, [digits]
        mov     [shadow + 22], ax
        ret

draw_song:
        mov     si, template_song
        jmp     template

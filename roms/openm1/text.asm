; Composing the screen: two lines of 40 characters in `screen`. DI is where the next character goes.

LINE_1          equ     screen
LINE_2          equ     screen + 40

clear_screen:
        mov     di, LINE_1
        mov     cx, 40
        jmp     clear_words
clear_line_2:
        mov     di, LINE_2
        mov     cx, 20
clear_words:
        push    di
        mov     ax, '  '
        rep stosw
        pop     di
        ret

; The text at CS:SI, up to its zero.
put_text:
        cs lodsb
        test    al, al
        jz      .end
        stosb
        jmp     put_text
.end:
        ret

; A stored name, 10 bytes at DS:SI. Codes outside 20-7F (the factory names hold NUL) are blanks.
put_name:
        mov     cx, 10
.next:
        lodsb
        cmp     al, 20h
        jb      .blank
        cmp     al, 80h
        jb      .put
.blank:
        mov     al, ' '
.put:
        stosb
        loop    .next
        ret

; AL (0-99) as two digits.
put_two:
        aam
        or      ax, '00'
        xchg    al, ah
        stosw
        ret

; AL (0-255) as three digits.
put_three:
        xor     ah, ah
        mov     bl, 100
        div     bl
        or      al, '0'
        stosb
        mov     al, ah
        jmp     put_two

; BCD byte AL as two digits.
put_bcd:
        mov     ah, al
        shr     al, 4
        and     ah, 0Fh
        or      ax, '00'
        stosw
        ret

; AL as sign and two digits, three where it takes them (-128 to +127).
put_signed:
        mov     ah, '+'
        test    al, al
        jns     .positive
        mov     ah, '-'
        neg     al
.positive:
        xchg    al, ah
        stosb
        mov     al, ah
        cmp     al, 100
        jb      put_two
        jmp     put_three

; AX as four hexadecimal digits; AL as two.
put_hex:
        mov     cx, 4
        jmp     put_nibbles
put_hex_byte:
        mov     ah, al
        mov     cx, 2
put_nibbles:
        rol     ax, 4
        push    ax
        and     al, 0Fh
        add     al, 90h
        daa
        adc     al, 40h
        daa
        stosb
        pop     ax
        loop    put_nibbles
        ret

; Shows the text at CS:SI on line 2 for CX ticks, or until a key is pressed if CX = 0.
show_message:
        mov     [message], si
        mov     [message_ticks], cx
        mov     byte [redraw], 1
        ret

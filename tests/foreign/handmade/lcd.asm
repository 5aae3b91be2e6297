; The LCD gets a byte every half millisecond out of the shadow, by timer 0. Nobody asks it whether it is busy.

lcd_interrupt:
        push    ax
        push    bx
        push    dx
        push    ds
        mov     ax, VARIABLES
        mov     ds, ax
        mov     bx, [lcd_state]
        jmp     [cs:bx + lcd_states]

lcd_states:
        dw      lcd_wait, lcd_setup, lcd_line, lcd_letter

lcd_wait:                               ; 40 ms
        inc     word [lcd_next]
        cmp     word [lcd_next], 80
        jb      lcd_end
        mov     word [lcd_next], 0
        jmp     lcd_forward

lcd_setup_list:
        db      38h, 38h, 38h, 38h, 38h, 38h, 38h, 38h, 38h, 38h, 0Ch, 01h, 0Ch, 0Ch, 0Ch, 0Ch, 06h
lcd_setup_end:

lcd_setup:
        mov     bx, [lcd_next]
        mov     al, [cs:bx + lcd_setup_list]
        inc     word [lcd_next]
        cmp     word [lcd_next], lcd_setup_end - lcd_setup_list
        jb      lcd_instruction
        mov     word [lcd_next], 0
lcd_forward_with:
        add     word [lcd_state], 2
lcd_instruction:
        xor     ah, ah
        db      3Dh                     ; CMP AX, word: the two bytes of the next instruction are passed over
lcd_data:
        mov     ah, 1
        mov     dx, PD
        out     dx, al
        mov     dl, PE & 0FFh
        mov     al, ah
        out     dx, al
        or      al, 4
        out     dx, al
        and     al, 1
        out     dx, al
lcd_end:
        mov     dx, ICU
        mov     al, FINISH
        out     dx, al
        pop     ds
        pop     dx
        pop     bx
        pop     ax
        iret

lcd_forward:
        add     word [lcd_state], 2
        jmp     lcd_end

lcd_line:
        mov     al, 80h
        cmp     word [lcd_next], 40
        jb      lcd_forward_with
        mov     al, 0C0h
        jmp     lcd_forward_with

lcd_letter:
        mov     bx, [lcd_next]
        mov     al, [shadow + bx]
        inc     bx
        cmp     bl, 40
        je      .line
        cmp     bl, 80
        jne     .on
        xor     bx, bx
.line:
        sub     word [lcd_state], 2
.on:
        mov     [lcd_next], bx
        jmp     lcd_data

; HD44780 behind the PIO: 8 bits on PD; PE0 RS, PE1 R/W, PE2 E. The busy flag is read, for a bounded time: a display that
; never gets ready costs time, not the machine.

RS      equ     1
RW      equ     2
EN      equ     4

LCD_POLLS       equ     200             ; about 4 ms; clear takes 1.52 ms
LCD_POLLS_DEAF  equ     4

lcd_init:
        mov     ax, 10                  ; 20 ms: the controller clears itself for 10-15 ms after power-on
        call    wait_ticks
        mov     cx, 3
.wake:
        push    cx
        mov     ax, 38h                 ; 8 bits, 2 lines, 5 x 7; not yet readable
        call    lcd_strobe
        mov     ax, 4
        call    wait_ticks
        pop     cx
        loop    .wake
        mov     al, 38h
        call    lcd_command
        mov     al, 0Ch                 ; display on, no cursor
        call    lcd_command
        mov     al, 01h                 ; clear
        call    lcd_command
        mov     al, 06h                 ; to the right
        call    lcd_command
        mov     di, screen              ; screen and shown: 160 spaces
        mov     ax, '  '
        mov     cx, 80
        rep stosw
        mov     word [lcd_at], 0
        ret

lcd_data:
        mov     ah, RS
        jmp     lcd_send
lcd_command:
        mov     ah, 0
lcd_send:                               ; AL = byte, AH = RS
        push    ax
        call    lcd_wait
        pop     ax
lcd_strobe:
        mov     dx, PIO_D
        out     dx, al
        mov     dx, PIO_E
        mov     al, ah
        out     dx, al
        or      al, EN
        out     dx, al
        mov     al, ah
        out     dx, al
        ret

lcd_wait:
        mov     dx, PIO_CONTROL1
        mov     al, PIO_D_IN
        out     dx, al
        mov     dx, PIO_E
        mov     al, RW
        out     dx, al
        mov     cx, LCD_POLLS
        cmp     byte [lcd_deaf], 0
        je      .poll
        mov     cx, LCD_POLLS_DEAF
.poll:
        mov     dx, PIO_E
        mov     al, RW | EN
        out     dx, al
        mov     dx, PIO_D
        in      al, dx
        mov     ah, al
        mov     dx, PIO_E
        mov     al, RW
        out     dx, al
        test    ah, 80h
        jz      .ready
        push    cx
        mov     cx, 6                   ; about 10 us between looks
        loop    $
        pop     cx
        loop    .poll
        mov     byte [lcd_deaf], 1
        jmp     .end
.ready:
        mov     byte [lcd_deaf], 0
.end:
        mov     dx, PIO_E
        xor     al, al
        out     dx, al
        mov     dx, PIO_CONTROL1
        mov     al, PIO_D_OUT
        out     dx, al
        ret

; Brings DDRAM to what `screen` says, touching only what differs.
lcd_refresh:
        xor     si, si
.next:
        mov     al, [screen + si]
        cmp     al, [shown + si]
        je      .same
        cmp     si, [lcd_at]
        je      .put
        mov     ax, si
        cmp     al, 40
        jb      .line1
        add     al, 40h - 40
.line1:
        or      al, 80h
        call    lcd_command
.put:
        mov     al, [screen + si]
        mov     [shown + si], al
        call    lcd_data
        lea     ax, [si + 1]
        mov     [lcd_at], ax            ; after position 39 the address runs on from 27h to 40h by itself
.same:
        inc     si
        cmp     si, 80
        jb      .next
        ret

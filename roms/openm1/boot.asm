; Power-on: banner, held keys, ROM check, RAM check, battery, then the play page.

KEYS_INT        equ     04h             ; column 0 of the panel, with KEYS_INITIALISE (version.inc): INT, CARD,
KEYS_CARD       equ     08h             ; COMBI, EDIT COMBI
ERROR_SIGNATURE equ     1               ; RAM Error 01: the signature is gone, everything was initialised
ERROR_SUMS      equ     2               ; 02: the sums are wrong, the data were kept
ERROR_SETTINGS  equ     3               ; 03: settings out of range, everything was initialised
ERROR_JOURNAL   equ     4               ; 04: the journal is nonsense, the data are whole
LED_INT         equ     01h
LED_CARD        equ     02h
LED_PROG        equ     10h

power_on:
        mov     dx, PIO_C
        mov     al, LED_INT | LED_PROG
        out     dx, al
        call    lcd_init
        mov     di, LINE_1
        mov     si, text_banner
        call    put_text
        call    lcd_refresh
        mov     word [banner_end], BANNER_TICKS

        mov     cx, 50                  ; 100 ms is plenty: two panel scans, three conversions of the battery's channel
.measure:
        mov     ax, 1
        call    wait_ticks
        cmp     byte [adc_count], 3
        jae     .measured
        loop    .measure
.measured:
        mov     al, [adc_value]
        push    ax
        mov     ax, 16                  ; one more scan of the panel
        call    wait_ticks
        mov     byte [adc_round], 1

        call    freeze_code
        test    al, al
        jz      .keys
        call    show_error
.keys:
        mov     al, [key_state]
        and     al, KEYS_INITIALISE
        cmp     al, KEYS_INITIALISE
        jne     .keep
        call    initialise_all
        jmp     .valid
.keep:
%if HAS_BUILD_KEY
        cmp     al, KEYS_CARD
        jne     .no_build
        call    show_build
        jmp     .check
.no_build:
%endif
%if HAS_ROM_CHECK
        cmp     al, KEYS_INT
        jne     .check
        call    rom_check
%endif
.check:
        call    ram_check
        test    al, al
        jz      .whole
        push    ax
        call    show_error
        pop     ax
        cmp     al, ERROR_JOURNAL
        je      .whole
        cmp     al, ERROR_SUMS
        je      .damaged
        call    ram_initialise
        jmp     .valid
.damaged:
        call    ram_keep
.whole:
        call    set_layout
        cmp     byte [SET_RECEIVING], 0
        je      .valid
        call    receive_repair
        mov     word [message], text_incomplete
.valid:
        pop     ax
        mov     bx, text_battery_low
        cmp     al, CODE_LOW
        jb      .battery
        mov     bx, text_battery_high
        cmp     al, CODE_HIGH
        jbe     .charged
.battery:
        mov     [message], bx
.charged:
        set1    pa_high, 7              ; the next tick takes the sound chips out of reset
        mov     ax, 1
        call    wait_ticks
        call    banner_wait
        mov     al, [key_head]          ; keys held at power-on are not presses
        mov     [key_tail], al
        jmp     main

; KEYS_INITIALISE: everything that is not stack, and says so.
initialise_all:
        mov     di, 1000h
        mov     cx, (0E000h - 1000h) / 2
        xor     ax, ax
        rep stosw
        mov     di, STACK_TOP
        mov     cx, (10000h - STACK_TOP) / 2
        rep stosw
        call    ram_initialise
        call    banner_line_2
        mov     si, text_initialised
        call    put_text
        jmp     show_check

%if HAS_BUILD_KEY
; CARD: what this is.
show_build:
        call    banner_line_2
        mov     si, text_build
        call    put_text
        jmp     show_check
%endif

%if HAS_ROM_CHECK
; INT: the sums of both ROM halves.
rom_check:
        call    rom_sum
        call    banner_line_2
        mov     si, text_rom_ok
        cmp     bx, [cs:rom_sums]
        jne     .bad
        cmp     dx, [cs:rom_sums + 2]
        je      .say
.bad:
        mov     si, text_rom_bad
.say:
        push    dx
        push    bx
        call    put_text
        mov     di, LINE_2 + 8
        mov     si, text_ic32
        call    put_text
        pop     ax
        call    put_hex
        mov     di, LINE_2 + 20
        mov     si, text_ic23
        call    put_text
        pop     ax
        call    put_hex
%endif
show_check:
        call    lcd_refresh
        mov     ax, [ticks]
        add     ax, BANNER_TICKS
        mov     [banner_end], ax
        ret

; "RAM Error" and the code AL, under the banner.
show_error:
        push    ax
        call    banner_line_2
        mov     si, text_ram_error
        call    put_text
        pop     ax
        call    put_hex_byte
        jmp     show_check

; Line 2 of the banner page for the next text, DI = its start: what stands there has its second first. BX, DX kept.
banner_line_2:
        cmp     byte [LINE_2], ' '
        je      clear_line_2
        call    banner_wait
        jmp     clear_line_2

; Waits until the banner page has stood as long as it should: a second from reset, or from the last text on line 2.
banner_wait:
        mov     ax, [banner_end]
        sub     ax, [ticks]
        jg      wait_ticks
        ret

%if HAS_ROM_CHECK
; Sums of the even (BX) and odd (DX) bytes of E0000-FFFFB.
rom_sum:
        push    ds
        xor     bx, bx
        xor     dx, dx
        mov     ax, 0E000h
        mov     ds, ax
        mov     cx, 8000h
        call    .words
        mov     ax, ROM_SEGMENT
        mov     ds, ax
        mov     cx, 8000h - 2
        call    .words
        pop     ds
        ret
.words:
        xor     si, si
.next:
        lodsw
        add     dl, ah                  ; odd byte
        adc     dh, 0
        xor     ah, ah
        add     bx, ax
        loop    .next
        ret
%endif

; Reset and power-on.

reset:
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        mov     si, setup
.next:                                  ; a port, how many bytes, the bytes
        lodsw
        test    ax, ax
        jz      .done
        mov     dx, ax
        lodsb
        mov     cl, al
        xor     ch, ch
        rep outsb
        jmp     .next
.done:
        mov     ax, STACK_UI
        mov     ss, ax
        mov     sp, 0400h
        mov     ax, VARIABLES
        mov     ds, ax
        mov     es, ax
        xor     di, di
        xor     ax, ax
        mov     cx, (VARIABLES_END + 1) / 2
        rep stosw
        mov     di, shadow
        mov     ax, '  '
        mov     cx, 40
        rep stosw
        call    set_vectors

        call    place
        db      4
        call    print
        db      "HANDMADE SYNTH SYSTEM  VERSION ", %substr(VERSION_TEXT, 1, 3)
        db      %substr(VERSION_TEXT, 4, 1) | 80h
        call    place
        db      44
        call    print
        db      "64K RAM", ' ' | 80h
        call    measure_cell
        call    scan
        sti
        call    is_down
        db      SUM_KEY
        jz      .no_sum
        call    show_sum
.no_sum:
        call    is_down
        db      INIT_1
        jz      .keep
        call    is_down
        db      INIT_2
        jz      .keep
        push    word [message]
        call    fill
        pop     word [message]
        call    place
        db      56
        call    print
        db      "ALL SOUNDS REPLACE", 'D' | 80h
        jmp     .stored
.keep:
        call    check_store
.stored:
        mov     ax, BANNER_TICKS
        call    pause
%if WAIT
        mov     si, text_press
        call    say
        mov     byte [pressed], 0
.hold:
        hlt
        cmp     byte [pressed], 0
        je      .hold
%endif
        mov     byte [pressed], 0
        call    make_task
        jmp     ui_task

; AX ticks.
pause:
        add     ax, [ticks]
.wait:
        hlt
        cmp     [ticks], ax
        jne     .wait
        ret

; The sum of the 32 KB, on line 2, for three seconds.
show_sum:
        xor     bx, bx
        xor     si, si
.next:
        cs lodsw
        add     bl, al
        adc     bh, 0
        add     bl, ah
        adc     bh, 0
        cmp     si, 8000h
        jb      .next
        call    place
        db      56
        call    print
        db      "ROM SUM", ' ' | 80h
        mov     ax, bx
        call    hex
        mov     ax, 300
        jmp     pause

; Rows of a vector and a routine; the last is 0. The others are left as they are.
set_vectors:
        xor     ax, ax
        mov     es, ax
        mov     si, vectors
.next:
        cs lodsb
        test    al, al
        jz      .end
        xor     ah, ah
        shl     ax, 2
        mov     di, ax
        cs lodsw
        stosw
        mov     ax, cs
        stosw
        jmp     .next
.end:
        ret

nothing:
        iret

; Timer 2, a hundred times a second: time, and all seven columns of the switch matrix at once.

tick_interrupt:
        pusha
        push    ds
        mov     ax, VARIABLES
        mov     ds, ax
        inc     word [ticks]
%if STAR
        inc     byte [blink]
        test1   blink, 4
        mov     al, ' '
        jz      .dark
        mov     al, '*'
.dark:
        mov     [shadow + 39], al
%endif
        call    scan
        mov     bx, 6
.column:
        mov     al, [keys + bx]
        mov     ah, [keys_before + bx]
        mov     [keys_before + bx], al
        not     ah
        and     al, ah
        jz      .none
        mov     cl, 0FFh
.bit:
        inc     cl
        shr     al, 1
        jnc     .bit
        mov     al, bl
        shl     al, 3
        add     al, cl
        inc     ax
        mov     [pressed], al
.none:
        dec     bx
        jns     .column
        mov     dx, ICU
        mov     al, FINISH
        out     dx, al
        pop     ds
        popa
        iret

; All columns into [keys]. The sound chips run from the first on. AX, BX, DX go.
scan:
        xor     bx, bx
.next:
        mov     dx, PA
        mov     al, bl
        or      al, 80h
        out     dx, al
        mov     dl, PB & 0FFh
        in      al, dx
        not     al
        and     al, 3Fh
        mov     [keys + bx], al
        inc     bx
        cmp     bl, 7
        jb      .next
        ret

; Z is 0 if the key whose code is the byte behind the call is down.
is_down:
        pop     si
        cs lodsb
        push    si
        mov     bl, al
        shr     bl, 3
        xor     bh, bh
        mov     cl, al
        and     cl, 7
        mov     al, 1
        shl     al, cl
        test    [keys + bx], al
        ret

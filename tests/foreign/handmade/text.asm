; Texts come in three kinds: behind a call, with the high bit of the last letter set; with their length in front; forty wide.

; The text behind the call goes to the shadow at [spot].
print:
        pop     si
.next:
        cs lodsb
        mov     di, [spot]
        mov     ah, al
        and     al, 7Fh
        mov     [shadow + di], al
        inc     word [spot]
        test    ah, ah
        jns     .next
        jmp     si

; The byte behind the call is the place where `print` goes on.
place:
        pop     si
        cs lodsb
        cbw
        mov     [spot], ax
        jmp     si

; A template of 80 characters, SI in CS, becomes the shadow.
template:
        push    ds
        push    es
        push    ds
        pop     es
        push    cs
        pop     ds
        mov     di, shadow
        mov     cx, 40
        rep movsw
        pop     es
        pop     ds
        ret

; Line 2 blank, then the text with its length in front, SI in CS.
say:
        mov     di, 40
.blank:
        mov     byte [shadow + di], ' '
        inc     di
        cmp     di, 80
        jb      .blank
        cs lodsb
        mov     cl, al
        xor     ch, ch
        mov     di, 40
.next:
        cs lodsb
        mov     [shadow + di], al
        inc     di
        loop    .next
        ret

; AL, 0 to 99, as two digits to [digits], by a routine for the 8080. BX and CX go.
decimal:
        mov     bx, digits
        brkem   70h
        ret

decimal_8080:                           ; A to M, M + 1
        db      06h, '0'                ; MVI B,'0'
.ten:
        db      0D6h, 10                ; SUI 10
        db      0DAh                    ; JC .less
        dw      .less
        db      04h                     ; INR B
        db      0C3h                    ; JMP .ten
        dw      .ten
.less:
        db      0C6h, 10 + '0'          ; ADI
        db      70h                     ; MOV M,B
        db      23h                     ; INX H
        db      77h                     ; MOV M,A
        db      0EDh, 0FDh              ; RETEM

; AX as four hex digits to the shadow at [spot].
hex:
        enter   2, 0
        mov     [bp - 2], ax
        mov     cx, 4
.digit:
        rol     word [bp - 2], 4
        mov     al, [bp - 2]
        and     al, 15
        cmp     al, 10
        sbb     al, 69h
        das
        mov     di, [spot]
        mov     [shadow + di], al
        inc     word [spot]
        loop    .digit
        leave
        ret

; Stored data: whole if the last word is MAGIC and the word before it is the CRC of all before.

; AX = CRC (CCITT, by nibbles) of the CRC_AT bytes at ES:0. SI, CX, BX, DX go.
crc:
        mov     ax, CRC_START
        xor     si, si
.byte:
        mov     dl, [es:si]
        mov     cl, 4
        mov     bl, ah
        shr     bl, cl
        mov     dh, dl
        shr     dh, cl
        call    .nibble
        mov     bl, ah
        shr     bl, cl
        mov     dh, dl
        and     dh, 15
        call    .nibble
        inc     si
        cmp     si, CRC_AT
        jb      .byte
        ret
.nibble:
        xor     bl, dh
        xor     bh, bh
        shl     bx, 1
        shl     ax, cl
        xor     ax, [cs:bx + crc_table]
        ret

crc_table:
        dw      00000h, 01021h, 02042h, 03063h, 04084h, 050A5h, 060C6h, 070E7h
        dw      08108h, 09129h, 0A14Ah, 0B16Bh, 0C18Ch, 0D1ADh, 0E1CEh, 0F1EFh

; Writes both words.
seal:
        mov     ax, STORED
        mov     es, ax
        call    crc
        mov     [es:CRC_AT], ax
        mov     word [es:MAGIC_AT], MAGIC
        ret

; Looks, and puts in order what is not.
check_store:
        mov     ax, STORED
        mov     es, ax
        cmp     word [es:MAGIC_AT], MAGIC
        jne     .empty
        call    crc
        cmp     ax, [es:CRC_AT]
        je      .whole
        mov     word [message], text_changed
        jmp     seal
.empty:
        call    fill
        mov     word [message], text_empty
.whole:
        ret

; Everything as it comes from the factory: unpacked into the store, a sound after the other with ES nine paragraphs on.
fill:
        mov     ax, STORED
        mov     es, ax
        xor     di, di
        xor     ax, ax
        mov     cx, CRC_AT / 2
        rep stosw
        xor     di, di
        mov     si, packed_settings
        call    unpack
        mov     word [number], 0
        mov     word [one], 1
        mov     ax, STORED + SOUNDS_AT / 16
        mov     cx, SOUNDS
.sound:
        push    cx
        push    ax
        mov     es, ax
        xor     di, di
        mov     si, packed_sound
        call    unpack
        mov     al, [number]
        mov     [digits], al
        rol4    digits
        and     al, 15
        or      al, '0'
        mov     [es:6], al
        rol4    digits
        and     al, 15
        or      al, '0'
        mov     [es:7], al
        push    ds
        pop     es
        mov     si, one
        mov     di, number
        mov     cl, 2
        add4s
        pop     ax
        add     ax, SOUND_PARAGRAPHS
        pop     cx
        loop    .sound
        mov     ax, STORED
        mov     es, ax
        mov     di, LINE_AT
        mov     si, packed_line
        call    unpack
        jmp     seal

; Run lengths from CS:SI to ES:DI: 1 to 7F so many bytes as they are, 81 to FF the next byte 1 to 7F times, 0 the end.
unpack:
        xor     ch, ch
.next:
        cs lodsb
        mov     cl, al
        shl     cl, 1
        jc      .run
        jz      .end
        shr     cl, 1
        cs rep movsb
        jmp     .next
.run:
        shr     cl, 1
        cs lodsb
        rep stosb
        jmp     .next
.end:
        ret

; ES = the segment of sound [sound].
find_sound:
        mov     al, SOUND_PARAGRAPHS
        mul     byte [sound]
        add     ax, STORED + SOUNDS_AT / 16
        mov     es, ax
        ret

; AX = MIDI channel 0-15, out of bits 3 to 6.
get_channel:
        push    ds
        mov     ax, STORED
        mov     ds, ax
        mov     si, SET_CHANNEL
        mov     cl, 3
        ext_cl_imm 3
        pop     ds
        ret

put_channel:                            ; AX
        push    es
        mov     cx, STORED
        mov     es, cx
        mov     di, SET_CHANNEL
        mov     cl, 3
        ins_cl_imm 3
        pop     es
        jmp     seal

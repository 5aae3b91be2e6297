; GLOBAL pages. PAGE- and PAGE+ go through them, a digit jumps to the function of that number, the cursor keys choose
; the field, UP, DOWN and the VALUE slider change it. Changes are stored at once.
;
; A page row: title, name (line 2), function digit, number of fields, then per field:
; label, address, lowest, highest (signed bytes), routine that shows AL at DI;
; or label, routine, FIELD_ACTION, 0, show_action: UP asks whether that routine is to be called.

FIELD_SIZE      equ     8
FIELD_ACTION    equ     -128
FIELD_COLUMN    equ     12              ; fields stand at columns 12, 21, 30
FIELD_PITCH     equ     9

; SI = row of the page in force.
page_row:
        mov     bl, [global_page]
        xor     bh, bh
        shl     bx, 1
        mov     si, [cs:global_pages + bx]
        ret

; SI = row of the field in force.
field_row:
        call    page_row
        mov     al, [global_field]
        mov     ah, FIELD_SIZE
        mul     ah
        add     ax, 6
        add     si, ax
        ret

global_key:
        mov     byte [redraw], 1
        cmp     al, 10
        jb      .function
        cmp     al, KEY_UP
        mov     ah, 1
        je      .change
        cmp     al, KEY_DOWN
        mov     ah, -1
        je      .change
        cmp     al, KEY_PAGE_UP
        je      .next
        cmp     al, KEY_PAGE_DOWN
        je      .previous
        sub     al, KEY_A
        jb      .end
        cmp     al, 8
        jae     .end
        mov     bl, al                  ; A-D the first field, E and F the second, G and H the third
        xor     bh, bh
        mov     al, [cs:cursor_fields + bx]
        push    ax
        call    page_row
        pop     ax
        cmp     al, [cs:si + 5]
        jae     .end
        mov     [global_field], al
.end:
        ret

.next:
        mov     al, [global_page]
        inc     ax
        cmp     al, GLOBAL_PAGES
        jb      .page
        ret
.previous:
        mov     al, [global_page]
        sub     al, 1
        jnb     .page
        ret
.page:
        mov     [global_page], al
        mov     byte [global_field], 0
        ret

.function:                              ; the first page of function AL, if there is one
        xor     bx, bx
.look:
        mov     si, [cs:global_pages + bx]
        cmp     al, [cs:si + 4]
        je      .found
        inc     bx
        inc     bx
        cmp     bl, GLOBAL_PAGES * 2
        jb      .look
        ret
.found:
        mov     ax, bx
        shr     ax, 1
        jmp     .page

.change:                                ; AH = step
        push    ax
        call    field_row
        pop     ax
        mov     di, [cs:si + 2]
        cmp     byte [cs:si + 4], FIELD_ACTION
        je      .action
        mov     al, [di]
        add     al, ah
        jno     .limit
        sub     al, ah
.limit:                                 ; a dump may have brought a value from outside the range
        cmp     al, [cs:si + 4]
        jge     .not_below
        mov     al, [cs:si + 4]
.not_below:
        cmp     al, [cs:si + 5]
        jle     .not_above
        mov     al, [cs:si + 5]
.not_above:
        call    store
        jmp     parts_update            ; the channel may be another

.action:
        cmp     ah, 1
        jne     .end
        mov     [card_asked], di
        mov     si, text_sure
        xor     cx, cx
        jmp     show_message

; lowest + code * (highest - lowest + 1) / 256
global_slider:
        push    ax
        call    field_row
        pop     ax
        cmp     byte [cs:si + 4], FIELD_ACTION
        je      global_key.end
        mov     ah, [cs:si + 5]
        sub     ah, [cs:si + 4]
        inc     ah
        mul     ah
        mov     al, ah
        add     al, [cs:si + 4]
        mov     di, [cs:si + 2]
        mov     byte [redraw], 1
        call    store
        jmp     parts_update

draw_global:
        call    page_row
        push    si
        mov     di, LINE_1
        mov     si, [cs:si]
        call    put_text
        pop     si
        push    si
        mov     di, LINE_2
        mov     si, [cs:si + 2]
        call    put_text
        pop     si
        mov     cl, [cs:si + 5]
        xor     ch, ch
        add     si, 6
        mov     di, LINE_1 + FIELD_COLUMN
        xor     dl, dl                  ; field number
.field:
        push    cx
        push    dx
        push    si
        push    di
        mov     si, [cs:si]
        call    put_text
        pop     di
        pop     si
        push    si
        push    di
        add     di, 40
        mov     al, ' '
        cmp     dl, [global_field]
        jne     .plain
        mov     al, '>'
.plain:
        stosb
        mov     bx, [cs:si + 2]
        mov     al, [bx]
        call    [cs:si + 6]
        pop     di
        pop     si
        pop     dx
        pop     cx
        add     si, FIELD_SIZE
        add     di, FIELD_PITCH
        inc     dx
        loop    .field
        ret

show_action:
        mov     si, text_up
        jmp     put_text
show_channel:
        inc     ax
        jmp     put_two
show_enable:
        mov     si, text_dis
        jmp     show_choice
show_switch:
        mov     si, text_off
show_choice:                            ; two texts of four bytes, zero included
        test    al, al
        jz      .first
        add     si, 4
.first:
        jmp     put_text

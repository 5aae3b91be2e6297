; Small arithmetic that the voice engine shares. Stored values are held to their ranges where they are used.

; AL = parameter of 0-99: AX = it, at most 99.
%macro  limit_unsigned 0
        xor     ah, ah
        cmp     al, 99
        jbe     %%end
        mov     al, 99
%%end:
%endmacro

; AL = signed parameter: AX = it, within -99 to 99.
%macro  limit_signed 0
        cbw
        add     al, 99
        cmp     al, 198
        jbe     %%inside
        call    limit_far
%%inside:
        sub     al, 99
%endmacro

; AX = signed byte, AL 99 more than it, out of range: AL = that of the nearer limit.
limit_far:
        mov     al, 198
        test    ah, ah
        jns     .end
        mov     al, 0
.end:
        ret

; AX = DX:AX / 256, held to a signed word.
scale_256:
        cmp     dx, 127
        jg      .high
        cmp     dx, -128
        jl      .low
        mov     al, ah
        mov     ah, dl
        ret
.high:
        mov     ax, 7FFFh
        ret
.low:
        mov     ax, 8000h
        ret

; AX unsigned + DX signed, held to 0-FFFF.
add_signed:
        test    dx, dx
        js      .down
        add     ax, dx
        jnc     .end
        mov     ax, 0FFFFh
.end:
        ret
.down:
        add     ax, dx
        jc      .end
        xor     ax, ax
        ret

; AL = velocity sense, -99 to 99: AX = factor, FFFF = 1 (H-VEL). 99 follows velocity / 127, -99 is its opposite. CX, DX changed.
velocity_factor:
        limit_signed
        mov     cl, 127
        sub     cl, [nr_velocity]
        test    al, al
        jns     .positive
        neg     al
        mov     cl, [nr_velocity]
.positive:
        mul     cl                      ; 0-12573
        mov     cx, ax
        mov     dx, 13907               ; 65535 / 12573 = 5 + 13907 / 65536
        mul     dx
        mov     ax, cx
        shl     ax, 2
        add     ax, cx
        add     ax, dx
        not     ax
        ret

; AL = key of the centre: AX = keys from there to the note.
keys_from:
        xor     ah, ah
        mov     dx, ax
        mov     al, [nr_track]
        sub     ax, dx
        ret

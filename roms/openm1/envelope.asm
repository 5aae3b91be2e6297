; The three EGs of a voice (H-EG): a segment goes to its level in a straight line, in as many updates as its time says, whatever the
; distance (H-EG-TIME). BX = the EG, SI = its voice.

E_VALUE         equ     0               ; signed word, level * EG_UNIT
E_FRACTION      equ     2               ; its fraction
E_STEP          equ     4               ; fraction and word added in each update
E_COUNT         equ     8               ; updates left in the segment
E_TARGET        equ     10
E_SEGMENT       equ     12              ; byte: the segment to begin when E_COUNT is 0
E_KEY           equ     14              ; word, what the keyboard takes off the times where it is switched on
E_VELOCITY      equ     16              ; word, what the velocity does
E_TABLE         equ     18              ; word in CS
EG_SIZE         equ     20

EG_HOLD         equ     3               ; attack, decay, slope, then nothing until the release
EG_RELEASE      equ     4
EG_OVER         equ     5               ; released; over when E_COUNT is 0
EG_NONE         equ     0FFh            ; no such time, or a level that is always 0

; time and level of attack, decay, slope, release in the oscillator's block; where its switches are, 0 = none
eg_pitch:       db      1, 2, 3, EG_NONE, EG_NONE, EG_NONE, 4, 5, 0
eg_vdf:         db      15, 16, 17, 18, 19, 20, 21, 22, 36
eg_vda:         db      29, 30, 31, 32, 33, 34, 35, EG_NONE, 38

; Starts EG BX from value AX; an attack of no time is over at once.
eg_start:
        mov     [bx + E_VALUE], ax
        xor     ax, ax
        mov     [bx + E_FRACTION], ax
        mov     [bx + E_COUNT], ax
        mov     [bx + E_SEGMENT], al
        call    eg_begin
        cmp     word [bx + E_COUNT], 0
        je      eg_arrive
        ret

eg_release:
        mov     byte [bx + E_SEGMENT], EG_RELEASE
        mov     word [bx + E_COUNT], 0
        ret

; One update of the EG at SI + %1; eg_turns %1 has to stand in the same routine. AX, BX, CX, DX changed.
%macro  eg_step 1
        sub     word [si + %1 + E_COUNT], 1
        jbe     ..@eg_turn_%1
        mov     ax, [si + %1 + E_STEP]
        add     [si + %1 + E_FRACTION], ax
        mov     ax, [si + %1 + E_STEP + 2]
        adc     [si + %1 + E_VALUE], ax
..@eg_done_%1:
%endmacro

%macro  eg_turns 1
..@eg_turn_%1:
        lea     bx, [si + %1]
        call    eg_turn
        jmp     ..@eg_done_%1
%endmacro

; EG BX took off E_COUNT's last update, or there was none: 0 or FFFF.
eg_turn:
        inc     word [bx + E_COUNT]
        jnz     .last
        mov     al, [bx + E_SEGMENT]
        cmp     al, EG_HOLD
        je      .end
        cmp     al, EG_OVER
        je      .end
        call    eg_begin
        cmp     word [bx + E_COUNT], 1
        jbe     .last
        dec     word [bx + E_COUNT]
        mov     ax, [bx + E_STEP]
        add     [bx + E_FRACTION], ax
        mov     ax, [bx + E_STEP + 2]
        adc     [bx + E_VALUE], ax
.end:
        ret
.last:
        mov     word [bx + E_COUNT], 0

; The segment of EG BX is over.
eg_arrive:
        mov     ax, [bx + E_TARGET]
        mov     [bx + E_VALUE], ax
        mov     word [bx + E_FRACTION], 0
        ret

; Begins segment AL: E_TARGET, E_STEP, E_COUNT.
eg_begin:
        push    di
        push    bp
        inc     byte [bx + E_SEGMENT]
        cmp     al, EG_RELEASE
        jne     .row
        dec     al                      ; the row behind the slope
.row:
        cbw
        mov     bp, ax                  ; BP = row
        mov     di, [bx + E_TABLE]
        add     di, ax
        add     di, ax
        mov     ax, [cs:di]             ; AL = time, AH = level in the block
        cmp     al, EG_NONE
        jne     .exists
        mov     ax, [bx + E_VALUE]
        mov     [bx + E_TARGET], ax
        jmp     .done                   ; E_COUNT is 0
.exists:
        mov     di, [si + V_BLOCK]
        xor     cx, cx
        mov     cl, al
        push    cx
        mov     cl, ah
        xor     ax, ax
        cmp     cl, EG_NONE
        je      .level
        push    di
        add     di, cx
        mov     al, [di]
        pop     di
        call    limit_signed
        mov     cx, EG_UNIT
        imul    cx
.level:
        mov     [bx + E_TARGET], ax
        pop     cx
        push    di
        add     di, cx
        mov     al, [di]
        pop     di
        call    limit_unsigned
        mov     cx, ax                  ; CX = time
        call    eg_shift
        test    cx, cx
        jns     .not_below
        xor     cx, cx
.not_below:
        cmp     cx, 99
        jbe     .not_above
        mov     cx, 99
.not_above:
        mov     di, cx
        shl     di, 1
        mov     cx, [cs:eg_updates + di]
        mov     [bx + E_COUNT], cx
        jcxz    .done
        mov     ax, [bx + E_TARGET]
        sub     ax, [bx + E_VALUE]      ; fits: EG_UNIT sees to that
        pushf
        jns     .distance
        neg     ax
.distance:
        xor     dx, dx
        div     cx
        mov     di, ax
        xor     ax, ax
        div     cx                      ; DI:AX = distance / updates
        popf
        jns     .step
        neg     ax
        adc     di, 0
        neg     di
.step:
        mov     [bx + E_STEP], ax
        mov     [bx + E_STEP + 2], di
.done:
        pop     bp
        pop     di
        ret

; CX = time of row BP, DI = block: what keyboard, velocity and a drum's decay make of it. AX, DX changed.
eg_shift:
        cmp     word [bx + E_TABLE], eg_vda
        jne     .no_drum
        test    bp, bp
        jz      .no_drum
        mov     al, [si + V_DECAY]
        cbw
        add     cx, ax
.no_drum:
        push    di
        mov     di, [bx + E_TABLE]
        mov     al, [cs:di + 8]
        pop     di
        test    al, al
        jz      .plain
        push    di
        cbw
        add     di, ax
        mov     dx, [di]                ; DL = switches of the keyboard, DH = of the velocity: 0-3 on, 4-7 longer
        pop     di
        xchg    cx, bp                  ; CL = row
        mov     al, 11h
        shl     al, cl
        xchg    cx, bp
        mov     ah, al
        and     ax, dx
        mov     dx, [bx + E_KEY]
        call    .take
        mov     al, ah
        mov     dx, [bx + E_VELOCITY]
.take:                                  ; AL = two bits, DX = amount
        test    al, 0Fh
        jz      .end
        test    al, 0F0h
        jz      .shorter
        neg     dx
.shorter:
        sub     cx, dx
.end:
        ret
.plain:
        sub     cx, [bx + E_VELOCITY]
        ret

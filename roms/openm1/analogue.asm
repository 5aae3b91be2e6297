; The controls behind the ADC: joystick, aftertouch and two pedals, on the channels of H-ADC-CH. They play the global channel's
; parts and go to MIDI OUT. A control counts once it has moved: where it stood when the power came on does nothing, so a joystick,
; pedal or channel that is not there does nothing either.
;
; joystick X  bend            joystick Y  away: control 1, towards the player: control 2 (rest at 128, REST_ZONE each side is rest)
; aftertouch  aftertouch      pedal 1  damper, down from 128      pedal 2  volume (what pedals do is our choice)

JOYSTICK_REST   equ     128
REST_ZONE       equ     6

; Once a tick. BX kept.
controls_service:
        cmp     byte [adc_rounds], 2    ; the first readings may be another channel's
        jb      .end
        push    bx
        mov     si, adc_values
        mov     di, control_codes
        mov     cx, ADC_CONTROLS
        cmp     byte [controls_known], 0
        jne     .known
        mov     byte [controls_known], 1
        rep movsb
        jmp     .done
.known:
        repe cmpsb
        je      .done
        xor     bx, bx
.control:
        mov     al, [adc_values + bx]
        cmp     al, [control_codes + bx]
        je      .next
        mov     [control_codes + bx], al
        push    bx
        shl     bx, 1
        call    [cs:control_routines + bx]
        pop     bx
.next:
        inc     bx
        cmp     bl, ADC_CONTROLS
        jb      .control
.done:
        pop     bx
.end:
        ret

control_routines:       dw joystick_x, joystick_y, .slider, aftertouch, pedal_1, pedal_2
.slider:                                ; main.asm has it
        ret

; AX = code AL of the joystick from its rest zone, up to 127 - REST_ZONE each way (128 - REST_ZONE down).
from_rest:
        xor     ah, ah
        sub     ax, JOYSTICK_REST
        jns     .above
        add     ax, REST_ZONE
        js      .end
        xor     ax, ax
        ret
.above:
        sub     ax, REST_ZONE
        jns     .end
        xor     ax, ax
.end:
        ret

joystick_x:
        call    from_rest
        mov     cx, 128 - REST_ZONE
        mov     dx, 2000h
        test    ax, ax
        js      .scale
        dec     cx
        dec     dx
.scale:
        imul    dx
        idiv    cx
        cmp     ax, [bend_sent]
        je      .end
        mov     [bend_sent], ax
        push    ax
        mov     dl, [SET_CHANNEL]
        call    channel_bend
        mov     al, [SET_CHANNEL]
        or      al, 0E0h
        call    midi_put
        pop     bx
        add     bx, 2000h
        mov     al, bl
        and     al, 7Fh
        call    midi_put
        shl     bx, 1
        mov     al, bh
        jmp     midi_put
.end:
        ret

joystick_y:
        call    from_rest
        mov     cx, ax
        test    ax, ax
        jns     .away
        xor     ax, ax
.away:
        mov     bx, 127 - REST_ZONE
        mov     di, mod1_sent
        mov     dh, 1
        push    cx
        call    joystick_control
        pop     ax
        neg     ax
        jns     .near
        xor     ax, ax
.near:
        mov     bx, 128 - REST_ZONE
        mov     di, mod2_sent
        mov     dh, 2

; Control DH from AX of BX, if that is not what [DI] says was sent.
joystick_control:
        mov     ch, 127
        mul     ch
        push    dx
        xor     dx, dx
        div     bx
        pop     dx
        mov     cl, dh

; Control CL to AL on the global channel and MIDI OUT, if that is not what [DI] says was sent.
panel_control:
        cmp     al, [di]
        je      .end
        mov     [di], al
        mov     ch, al
        mov     dl, [SET_CHANNEL]
        push    cx
        call    control_change
        mov     al, [SET_CHANNEL]
        or      al, 0B0h
        call    midi_put
        pop     bx
        mov     al, bl
        call    midi_put
        mov     al, bh
        jmp     midi_put
.end:
        ret

aftertouch:
        shr     al, 1
        cmp     al, [after_sent]
        je      .end
        mov     [after_sent], al
        push    ax
        mov     cl, al
        mov     dl, [SET_CHANNEL]
        call    channel_aftertouch
        mov     al, [SET_CHANNEL]
        or      al, 0D0h
        call    midi_put
        pop     ax
        jmp     midi_put
.end:
        ret

pedal_1:
        shl     al, 1
        sbb     al, al
        and     al, 127
        mov     cl, 64
        mov     di, damper_sent
        jmp     panel_control

pedal_2:
        shr     al, 1
        mov     cl, 7
        mov     di, volume_sent
        jmp     panel_control

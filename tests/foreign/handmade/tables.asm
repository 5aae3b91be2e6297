; Tables: vectors, setup, templates, texts, packed contents.

vectors:
        db      VECTORS
        dw      lcd_interrupt
        db      VECTORS + 1
        dw      serial_interrupt
        db      VECTORS + 2
        dw      tick_interrupt
        db      VECTORS + 7
        dw      nothing
        db      60h
        dw      services
        db      70h
        dw      decimal_8080
        db      0

%macro  outs 2+                         ; port, bytes
        dw      %1
        db      %%end - $ - 1
        db      %2
%%end:
%endmacro

setup:
        outs    0FFF4h, 13h             ; WMB
        outs    0FFF5h, 44h             ; WCY1: one wait for I/O
        outs    0FFF6h, 00h             ; WCY2
        outs    0FFF2h, 08h             ; RFC: no refresh
        outs    0FFF0h, 00h             ; TCKS: 4 MHz
        outs    0FFFEh, 06h             ; OPCN: INT1 is the serial unit, INT2 the pin where timer 2 is
        outs    0FFFCh, UNITS
        outs    0FFFAh, ICU & 0FFh
        outs    0FFF9h, TCU & 0FFh
        outs    0FFF8h, SCU & 0FFh
        outs    0FFFDh, 0Eh
%if CONTROL_2_FIRST
        outs    CONTROL_2, 08h
        outs    CONTROL_1, 0Ch
%else
        outs    CONTROL_1, 0Ch
        outs    CONTROL_2, 08h
%endif
        outs    PE, 0
        outs    PC, LEDS_AT_RESET
        outs    PA, CELL << 3
        outs    TCU + 6, 34h            ; 0: a pulse every 0.5 ms
        outs    TCU + 0, 2000 & 0FFh, 2000 >> 8
        outs    TCU + 6, 76h            ; 1: 16 x 31,250
        outs    TCU + 2, 8, 0
        outs    TCU + 6, 0B4h           ; 2: a pulse every tick
        outs    TCU + 4, TICK_COUNT & 0FFh, TICK_COUNT >> 8
        outs    SCU + 4, 4Eh
        outs    SCU + 2, 15h
        outs    SCU + 6, 02h
        outs    ICU + 0, 13h
        outs    ICU + 2, VECTORS, 01h, 0F8h
        dw      0

template_play:
        db      "00>          LEVEL   00 BANK A          "
        db      "UP/DOWN: SOUND   GLOBAL: MIDI  SEQ: SONG"
template_global:
        db      "GLOBAL  MIDI CHANNEL: 00                "
        db      "UP/DOWN: CHANNEL                        "
template_song:
        db      "SONG                                    "
%strlen SONG_LENGTH SONG_TEXT
        db      SONG_TEXT
        times   40 - SONG_LENGTH db ' '

%macro  text 2
%1:
        %strlen %%length %2
        db      %%length, %2
%endmacro
        text    text_low, "** CHANGE THE LITHIUM CELL **"
        text    text_empty, "MEMORY EMPTY - SOUNDS LOADED"
        text    text_changed, "MEMORY CHANGED - CHECK SOUNDS"
%if WAIT
        text    text_press, "PRESS ANY KEY TO START"
%endif

packed_settings:
        db      3, 05h, 00h, DEFAULT_LEVEL      ; channel 1, contrast 5
        db      80h + 13, 40h
        db      8, "SETTINGS"
        db      80h + 40, 00h
        db      0
packed_sound:
        db      6, SOUND_NAME, ' '
        db      80h + 4, ' '
        db      1, DEFAULT_LEVEL
        db      5, 00h, 01h, 02h, 04h, 08h
        db      80h + 64, 63h
        db      80h + 32, 32h
        db      80h + 32, 00h
        db      0
packed_line:
        db      9, "YOUR LINE"
        db      80h + 31, '.'
        db      0

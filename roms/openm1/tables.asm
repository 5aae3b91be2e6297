; Constants: texts, initial sounds, key and LED tables, GLOBAL pages, the SysEx table.

signature:
        db      SIGNATURE_TEXT, 0A5h, 5Ah

text_banner:            db "OpenM1 Music Workstation ", INSTRUMENT, VERSION, 0
text_initialised:       db "All Memory Initialized               ", VERSION, 0
%if HAS_ROM_CHECK
text_rom_ok:            db "ROM OK", 0
text_rom_bad:           db "ROM BAD", 0
text_ic32:              db "IC32 ", 0
text_ic23:              db "IC23 ", 0
%endif
%if HAS_BUILD_KEY
text_build:             db "Test version: what differs is invented", 0
%endif
text_ram_error:         db "RAM Error ", 0
text_battery_low:       db "Battery Low (Internal)", 0
text_battery_high:      db "Battery High (Internal)", 0
text_no_card:           db "No Card", 0
text_card_foreign:      db "Card Not Formatted", 0
text_card_bad:          db "Card Data Error", 0
text_card_low:          db "Battery Low (Card)", 0
text_card_protected:    db "Card Protected", 0
text_card_other:        db "Not On This Card", 0
text_card_differs:      db "Card Has Another Format", 0
text_card_small:        db "Card Too Small", 0
text_card_large:        db "Card Data Too Large", 0
text_card_loading:      db "Loading Card Data", 0
text_card_loaded:       db "Load Completed", 0
text_card_cut:          db "Card Data Incomplete", 0
text_card_writing:      db "Writing To Card", 0
text_card_written:      db "Write Completed", 0
text_sure:              db "Are You Sure? UP = yes, DOWN = no", 0
text_card_kind:         db 0            ; stands for the card's

card_kinds:             dw .hundred, .fifty, .sequences
.hundred:               db "Card 100PROG/100COMBI", 0
.fifty:                 db "Card 50PROG/50COMBI/4200SEQ", 0
.sequences:             db "Card 7700SEQ", 0

; by kind
card_counts:            db 100, 50, 0
card_step_limits:       dw 0, CARD_STEPS_50, CARD_STEPS_SEQ

; by bit of card_says: text, ticks it stands (0 = until a key is pressed)
card_texts:             dw text_card_low, 0, text_card_bad, 0, text_card_foreign, 0
                        dw text_card_kind, TICKS_SECOND * 3 / 4, text_no_card, TICKS_SECOND * 3 / 4

card_signature:         db "OpenM1 ProgCard "
text_absent:            db ABSENT_TEXT, 0
text_receiving:         db "Receiving MIDI Data", 0
text_received:          db "MIDI Data Received", 0
text_sending:           db "Sending MIDI Data", 0
text_protected:         db PROTECTED_TEXT, 0
text_exclusive_off:     db "Exclusive Disabled", 0
text_too_large:         db "MIDI Data Too Large", 0
text_format:            db "MIDI Data Error", 0
text_incomplete:        db "MIDI Data Incomplete", 0
text_prog:              db "Prog ", 0
text_combi:             db "Combi ", 0
text_up:                db "UP", 0
%ifnidn HOLD_TEXT, ""
text_hold:              db HOLD_TEXT, 0
%endif
text_osc1:              db "OSC1 ", 0
text_osc2:              db "OSC2 ", 0
text_poly:              db "POLY", 0
text_mono:              db "MONO", 0
text_dis:               db "DIS", 0, "ENA", 0
text_off:               db "OFF", 0, "ON ", 0

osc_modes:              dw .single, .double, .drums, text_unknown
.single:                db "SINGLE", 0
.double:                db "DOUBLE", 0
.drums:                 db "DRUMS", 0
text_unknown:           db "?", 0

combi_types:            dw osc_modes.single, .layer, .split, .velocity, .multi, text_unknown
.layer:                 db "LAYER", 0
.split:                 db "SPLIT", 0
.velocity:              db "VELOCITY SWITCH", 0
.multi:                 db "MULTI", 0

mode_names:             dw text_combi, .edit_combi, text_prog, .edit_prog, .global, text_unknown, .seq
.edit_combi:            db "Edit Combi", 0
.edit_prog:             db "Edit Prog", 0
.global:                db "Global", 0
.seq:                   db "Seq", 0

%if HAS_NAMES_PAGE
%define DRAW_EDIT_PROG  draw_edit_prog
%else
%define DRAW_EDIT_PROG  draw_absent
%endif
draw_table:             dw draw_combi, draw_absent, draw_prog, DRAW_EDIT_PROG, draw_global, draw_absent, draw_absent

; LEDs by mode, with the internal bank (hypothesis H-LED): bit 0 INT, 1 CARD, 2 COMBI, 3 EDIT COMBI, 4 PROG, 5 EDIT PROG, 6 SEQ, 7 GLOBAL
led_table:              db 05h, 09h, 11h, 21h, 81h, 01h, 41h

; Panel: column * 8 + row
key_table:
        db      KEY_NONE, KEY_NONE, KEY_INT, KEY_CARD, KEY_MODES + MODE_COMBI, KEY_MODES + MODE_EDIT_COMBI, KEY_NONE, KEY_NONE
        db      KEY_NONE, KEY_NONE, KEY_MODES + MODE_PROG, KEY_MODES + MODE_EDIT_PROG
        db      KEY_MODES + MODE_SEQ, KEY_MODES + MODE_GLOBAL, KEY_NONE, KEY_NONE
        db      KEY_UP, KEY_DOWN, KEY_A, KEY_A + 1, KEY_A + 2, KEY_A + 3, KEY_NONE, KEY_NONE
        db      KEY_HOLD10, KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE
        db      0, 1, 2, 3, 4, KEY_NONE, KEY_NONE, KEY_NONE
        db      5, 6, 7, 8, 9, KEY_NONE, KEY_NONE, KEY_NONE
        db      KEY_A + 4, KEY_A + 5, KEY_A + 6, KEY_A + 7, KEY_PAGE_DOWN, KEY_PAGE_UP, KEY_NONE, KEY_NONE

; ---- GLOBAL ----

cursor_fields:          db 0, 0, 0, 0, 1, 1, 2, 2

GLOBAL_PAGES            equ 7
global_pages:           dw page_tune, page_protect, page_midi, page_filter, page_card_load, page_card_save, page_card_format

%macro  field 5                         ; label, address, lowest, highest, routine
        dw      %1, %2
        db      %3, %4
        dw      %5
%endmacro

page_tune:
        dw      .title, .name
        db      0, 2
        field   .tune, MASTER_TUNE, -50, 50, put_signed
        field   .transpose, TRANSPOSE, -TRANSPOSE_MAX, TRANSPOSE_MAX, put_signed
.title:                 db "GLOBAL 0-1", 0
.name:                  db "Master", 0
.tune:                  db " Tune", 0
.transpose:             db " Transpose", 0

page_protect:
        dw      .title, .name
        db      4, 3
        field   .program, PROTECT_PROG, 0, 1, show_switch
        field   .combi, PROTECT_COMBI, 0, 1, show_switch
        field   .sequence, PROTECT_SEQ, 0, 1, show_switch
.title:                 db "GLOBAL 4-1", 0
.name:                  db "Protect", 0
.program:               db " Prog", 0
.combi:                 db " Combi", 0
.sequence:              db " Seq", 0

page_midi:
        dw      .title, .name
        db      5, 1
        field   .channel, SET_CHANNEL, 0, 15, show_channel
.title:                 db "GLOBAL 5-1", 0
.name:                  db "MIDI", 0
.channel:               db " Channel", 0

page_filter:
        dw      .title, .name
        db      15, 1                   ; second page of function 5: no digit leads here
        field   .exclusive, SET_EXCLUSIVE, 0, 1, show_enable
.title:                 db "GLOBAL 5-2", 0
.name:                  db "MIDI Filter", 0
.exclusive:             db " Exclusive", 0

%macro  action 2                        ; label, routine that UP leads to once it was asked for
        dw      %1, %2
        db      FIELD_ACTION, 0
        dw      show_action
%endmacro

page_card_load:
        dw      .title, .name
        db      6, 1
        action  text_all, card_load
.title:                 db "GLOBAL 6-1", 0
.name:                  db "Card Load", 0
text_all:               db " All", 0

page_card_save:
        dw      .title, .name
        db      7, 1
        action  text_all, card_save
.title:                 db "GLOBAL 7-1", 0
.name:                  db "Card Save", 0

page_card_format:
        dw      .title, .name
        db      15, 3                   ; second page of function 7
        action  .hundred, card_format_100
        action  .fifty, card_format_50
        action  .sequences, card_format_seq
.title:                 db "GLOBAL 7-2", 0
.name:                  db "Card Format", 0
.hundred:               db " 100PROG", 0
.fifty:                 db " 50PROG", 0
.sequences:             db " 7700SEQ", 0

; ---- SysEx ----

identity_row:
        db      0, 0
        dw      sysex_no_data, end_identity
identity_reply:
        db      0F0h, 7Eh, 0, 06h, 02h, 42h, 19h, 0, MEMBER, 0, VERSION_NUMBER, 0, 1, 0, 0F7h
identity_reply_end:

%macro  message 4                       ; function, bytes before the data, then, at the end
        db      %1, %2
        dw      %3, %4
%endmacro

sysex_table:
        message 0Eh, 1, sysex_no_data, end_request_global
        message 0Fh, 1, sysex_no_data, end_request_all
        message 10h, 0, sysex_no_data, end_request_program
        message 11h, 2, sysex_no_data, end_write_program
%if HAS_MODE_REQUEST
        message 12h, 0, sysex_no_data, end_request_mode
%endif
%if HAS_NAMES_REQUEST
        message 16h, 0, sysex_no_data, end_request_names
%else
        message 16h, 0, sysex_no_data, end_refused
%endif
        message 18h, 1, sysex_no_data, end_request_sequences
        message 19h, 0, sysex_no_data, end_request_combi
        message 1Ah, 2, sysex_no_data, end_write_combi
        message 1Ch, 1, sysex_no_data, end_request_programs
        message 1Dh, 1, sysex_no_data, end_request_combis
        message 1Fh, 0, sysex_no_data, end_refused
        message 40h, 0, begin_program, end_edit_program
        message 41h, 4, sysex_no_data, end_refused
        message 48h, 3, begin_sequences, end_stored
        message 49h, 0, begin_combi, end_edit_combi
        message 4Ch, 1, begin_programs, end_stored
        message 4Dh, 1, begin_combis, end_stored
        message 4Eh, 2, sysex_no_data, end_mode_change
        message 50h, 3, begin_all, end_stored
        message 51h, 0, begin_global, end_stored
sysex_table_end:

stored_dumps:           db 48h, 4Ch, 4Dh, 50h, 51h
STORED_DUMPS            equ $ - stored_dumps

; ---- initial sounds: a plain piano, open filter, no modulation, no effects ----

%macro  no_effects 0                    ; 25 bytes: both effects off, dry to all outputs
        db      21h, 21h                ; types: none
        db      0, 0, 0, 0              ; balances
        db      0, 0                    ; outputs 3, 4
        db      0Fh                     ; both effects, left and right, serial
        times 16 db 0
%endmacro

%macro  init_oscillator 0               ; 40 bytes
        times 8 db 0                    ; pitch EG
        db      99, 60, -50, 0, 0, 0, 0 ; VDF: cutoff open, for every key (H-TRACK: at -50 it stands still)
        db      0, 0, 0, 0, 0, 0, 0, 0  ; VDF EG
        db      99, 60, 0, 0, 0, 0      ; VDA: level, no tracking, no velocity
        db      0, 99, 0, 99, 0, 99, INIT_PROG_RELEASE ; VDA EG: as the sample is, short release
        db      0, 0, 0, 0              ; EG switches
%endmacro

program_defaults:
        db      INIT_PROG_NAME
        db      0, 0                    ; SINGLE, POLY
        db      0, 0, 0, 0              ; multisounds, octaves
        db      0, 0, 0                 ; interval, detune, delay
        times 8 db 0                    ; pitch MG, cutoff MG
        times 5 db 0                    ; aftertouch
        db      INIT_PROG_BEND, 0, 0, 0, 0, 0   ; joystick
        no_effects
        init_oscillator
        init_oscillator
program_defaults_end:

%macro  timbre 1                        ; 11 bytes; channel, bit 4 = off
        db      0, 99, 0, 0, 5, 127, 0, 127, 1, 0FFh, %1
%endmacro

combi_defaults:
        db      INIT_COMBI_NAME
        db      0                       ; SINGLE
        no_effects
        timbre  00h
%rep 7
        timbre  10h
%endrep
combi_defaults_end:

pattern_defaults:       db 4, 1                 ; beat 4, one bar

song_defaults:
        db      0, 1, 2, 3, 4, 5, 6, 7  ; channels of the tracks
        times 8 db 3                    ; status
        db      4, 120, 0, 20           ; beat, tempo, -, no next song
        db      "New Song  "
        db      4
        no_effects
%rep 8
        db      0, 99, 0, 0, 5          ; program, level, transpose, detune, pan
%endrep
song_defaults_end:

; assembles only if the sizes are right
        times   -(program_defaults_end - program_defaults != PROG_SIZE) db 0
        times   -(combi_defaults_end - combi_defaults != COMBI_SIZE) db 0
        times   -(song_defaults_end - song_defaults != SONG_SIZE) db 0

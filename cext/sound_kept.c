#include "sound_kept.h"

#include <stdlib.h>
#include <string.h>

/* The array with room for `more` behind `used`; NULL = there is no memory. */
static void *with_room(void *array, size_t *room, size_t used, size_t more, size_t each)
{
    const size_t most = SIZE_MAX / each;
    size_t wanted = *room ? *room : 1024;
    void *larger;
    if (more > most - used)
        return NULL;
    if (used + more <= *room)
        return array;
    while (wanted < used + more)
        wanted = wanted > most / 2 ? most : 2 * wanted;
    larger = realloc(array, wanted * each);
    if (larger != NULL)
        *room = wanted;
    return larger;
}

void sound_keep(sound_board *b, int32_t (*frames)[4], size_t n)
{
    int32_t (*out)[4];
    if (!b->listening)
        return;
    out = with_room(b->out, &b->out_room, b->heard, n, sizeof *out);
    if (out == NULL) {
        b->lost = 1;
        return;
    }
    b->out = out;
    if (frames == NULL)
        memset(out + b->heard, 0, n * sizeof *out);
    else
        memcpy(out + b->heard, frames, n * sizeof *out);
    b->heard += n;
}

void sound_note(sound_board *b, uint64_t clock, uint16_t port, uint8_t value)
{
    sound_write *log = with_room(b->log, &b->log_room, b->logged, 1, sizeof *log);
    if (log == NULL) {
        b->lost = 1;
        return;
    }
    b->log = log;
    log[b->logged++] = (sound_write){.clock = clock, .port = port, .value = value};
}

void sound_board_listen(sound_board *b, int on)
{
    b->listening = on != 0;
    free(b->out);
    b->out = NULL;
    b->heard = b->out_room = 0;
}

void sound_board_log(sound_board *b, int on)
{
    b->logging = on != 0;
    free(b->log);
    b->log = NULL;
    b->logged = b->log_room = 0;
}

void sound_board_taken(sound_board *b) { b->heard = 0; }

void sound_board_log_taken(sound_board *b) { b->logged = 0; }

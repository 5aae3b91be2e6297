/* See v30_show.h. */
#include "v30_show.h"
#include <string.h>

unsigned v30_show_shapes(v30 *c, uint64_t *shapes, unsigned room)
{
    unsigned found = 0;
    for (unsigned n = 0; n < 1u << V30_REMEMBERED_BITS && found < room; n++)
        if (c->remembered[n].key)
            shapes[found++] = c->remembered[n].key & (((uint64_t)1 << SHAPE_BITS) - 1);
    memset(c->remembered, 0, sizeof c->remembered);
    return found;
}

void v30_show_steps(uint64_t shape, char text[V30_SHOWN_STEPS])
{
    text[v30_steps(shape, text)] = 0;
}

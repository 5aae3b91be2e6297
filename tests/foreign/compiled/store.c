/* The second code segment: the stored sounds, and whether they are whole. */
#include "board.h"

extern char N_NEW[];

#if VERSION == 24
/* all bytes behind the sum, in eight bits */
int sum8()
{
    unsigned char *p;
    unsigned n;
    unsigned char total;

    p = (unsigned char *) STORE + 3;
    total = 0;
    for (n = sizeof(struct store) - 3; n != 0; n--)
        total += *p++;
    return total;
}
#else
/* the same bytes, turned left before each */
int sum8()
{
    unsigned char *p;
    unsigned n;
    unsigned char total;

    p = (unsigned char *) STORE + 3;
    total = 0x5A;
    for (n = sizeof(struct store) - 3; n != 0; n--) {
        total = total << 1 | total >> 7;
        total ^= *p++;
    }
    return total;
}
#endif

far_seal()
{
    ST->sum = sum8();
}

int far_valid()
{
    if (ST->magic != MAGIC)
        return 0;
    return ST->sum == (sum8() & 0xFF);
}

new_sound(p, n)
struct prog *p;
int n;
{
    fill(p, 0, PROG_SIZE);
    from_rom(p, NAMES, N_NEW, 13);
    p->sound = n % SOUNDS;
    p->rest[PROG_SIZE - 14] = n;
}

far_setup()
{
    int n;

    fill(ST, 0, sizeof(struct store));
    ST->magic = MAGIC;
    for (n = 0; n < PROGS; n++)
        new_sound(&ST->prog[n], n);
    far_seal();
}

fill(to, value, n)
char *to;
int value;
unsigned n;
{
    while (n-- != 0)
        *to++ = value;
}

/* Random writes to the MDE, for the sanitisers and its own assertions: blocks, single bytes, frames of any words in any
   number, and damaged copies that mde_valid lets through. Prints the number of writes, frames and damaged copies run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mde_mb87405.h"

static uint64_t state = 88172645463325252u;
static mde chip, copy;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static void run(mde *m, uint32_t n)
{
    int32_t in[4 * 100] = {0}, out[4 * 100];
    uint32_t kind = draw() % 4;
    for (uint32_t i = 0; i < 4 * n; i++)
        in[i] = kind == 0 ? (int32_t)draw() : kind == 1 ? 0 : kind == 2 ? (draw() & 1 ? INT32_MAX : INT32_MIN)
                                                              : (int32_t)(draw() & 0xFFFFF) - 0x80000;
    mde_frames(m, in, out, n);
    for (uint32_t i = 0; i < 4 * n; i++)
        if (out[i] < -(1 << 19) || out[i] >= 1 << 19)
            abort();
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    unsigned long writes = 0, frames = 0, damaged = 0;
    for (int round = 0; round < rounds; round++) {
        uint8_t block[MDE_BLOCK];
        for (int k = 0; k < MDE_BLOCK; k++)
            block[k] = (uint8_t)draw();
        block[0] = (uint8_t)(draw() % 36);
        block[1] = (uint8_t)(draw() % 36);
        if (round % 50 == 0)
            mde_init(&chip, (uint8_t)draw());
        mde_load(&chip, block);
        for (int k = 0; k < 40; k++) {
            for (int w = 0; w < 25; w++, writes++) {
                uint32_t byte = draw() % (MDE_BLOCK + 1);
                mde_set(&chip, byte, (uint8_t)(byte < 2 ? (draw() % 8 ? chip.block[byte] : draw() % 40) : draw()));
            }
            uint32_t n = draw() % 100;
            run(&chip, n);
            frames += n;
        }
        if (!mde_valid(&chip))
            abort();
        for (int k = 0; k < 10; k++) {
            memcpy(&copy, &chip, sizeof copy);
            for (int d = 0; d < 3; d++) {
                /* words in front of the memory: slots, pans */
                int32_t word = draw() % 2 ? (int32_t)draw() : (int32_t)(draw() % 0x40000) - 0x20000;
                memcpy((uint8_t *)&copy + draw() % (sizeof copy - sizeof copy.memory) / 4 * 4, &word, 4);
            }
            if (mde_valid(&copy)) {
                damaged++;
                for (int part = 0; part < 5; part++)
                    run(&copy, 99);
            }
        }
    }
    printf("%lu %lu %lu\n", writes, frames, damaged);
    return 0;
}

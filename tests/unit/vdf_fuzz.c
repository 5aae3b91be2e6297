/* Random writes to a VDF, for the sanitisers: any port and byte, samples of any width in any number, and damaged copies
   that vdf_valid lets through. Prints the number of writes, frames and damaged copies run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vdf_mb87404.h"

static uint64_t state = 88172645463325252u;
static vdf_mb87404 chip, copy;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static void run(vdf_mb87404 *f, uint32_t n)
{
    int32_t rows[VDF_VOICES * VDF_BLOCK] = {0};
    uint32_t kind = draw() % 4, sounding = draw();
    for (uint32_t i = 0; i < VDF_VOICES * VDF_BLOCK; i++)
        rows[i] = kind == 0 ? (int32_t)draw() : kind == 1 ? 0 : kind == 2 ? (draw() & 1 ? INT32_MAX : INT32_MIN)
                                                               : (int32_t)(draw() & 0xFFFFFF) - 0x800000;
    vdf_samples(f, rows, n, sounding);
    for (uint32_t k = 0; k < VDF_VOICES; k++)
        for (uint32_t i = 0; i < n; i++)
            if (f->written[32 * k] & 1 && (rows[VDF_BLOCK * k + i] < -(1 << 23) || rows[VDF_BLOCK * k + i] >= 1 << 23))
                abort();
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    unsigned long writes = 0, frames = 0, damaged = 0;
    for (int round = 0; round < rounds; round++) {
        if (round % 50 == 0)
            vdf_init(&chip, draw() % 6, draw() % 3);
        for (int k = 0; k < 40; k++) {
            for (int w = 0; w < 25; w++, writes++) {
                uint32_t offset = draw() % 288;
                vdf_write(&chip, offset, (uint8_t)(offset % 32 == 0 && draw() % 8 ? 1 : draw()));
            }
            uint32_t n = draw() % (VDF_BLOCK + 1);
            run(&chip, n);
            frames += n;
            if (draw() % 16 == 0 && !vdf_ringing(&chip))
                vdf_skip(&chip, draw());
        }
        if (!vdf_valid(&chip))
            abort();
        for (int k = 0; k < 10; k++) {
            memcpy(&copy, &chip, sizeof copy);
            for (int d = 0; d < 3; d++) {
                int32_t word = draw() % 2 ? (int32_t)draw() : (int32_t)(draw() % 0x40000) - 0x20000;
                memcpy((uint8_t *)&copy + draw() % (sizeof copy / 4) * 4, &word, 4);
            }
            if (vdf_valid(&copy)) {
                damaged++;
                for (int part = 0; part < 20; part++)
                    run(&copy, VDF_BLOCK);
                if (!vdf_valid(&copy))
                    abort();
            }
        }
    }
    printf("%lu %lu %lu\n", writes, frames, damaged);
    return 0;
}

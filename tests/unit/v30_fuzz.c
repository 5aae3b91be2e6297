/* Random code on the V30 core, for the sanitisers; checks that v30_decode and v30_clocks foretell what v30_execute
   does. Prints the number of instructions and of those foretold. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "v30.h"

static uint64_t state = 88172645463325252u;
static uint64_t reads, writes, foretold;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static uint8_t port_in(void *user, uint16_t port) { (void)user; reads++; return (uint8_t)port; }
static void port_out(void *user, uint16_t port, uint8_t value) { (void)user; (void)port; (void)value; writes++; }
static uint8_t mem_in(void *user, uint32_t a) { (void)user; if (a > 0xFFFFF) abort(); reads++; return 0xFF; }
static void mem_out(void *user, uint32_t a, uint8_t v) { (void)user; (void)v; if (a > 0xFFFFF) abort(); writes++; }
static uint8_t int_ack(void *user) { (void)user; return (uint8_t)draw(); }

static void scatter(v30 *cpu)
{
    for (int i = 0; i < 8; i++)
        cpu->r[i] = (uint16_t)draw();
    for (int i = 0; i < 4; i++)
        cpu->s[i] = (uint16_t)draw();
    if (draw() % 4 == 0)
        cpu->r[V30_SP] = (uint16_t)(0xFFFC + draw() % 6);
    if (draw() % 4 == 0)
        cpu->s[V30_PS] = (uint16_t)(0xF000 + draw() % 0x1000);
    cpu->pc = draw() % 4 ? (uint16_t)draw() : (uint16_t)(0xFFF0 + draw() % 16);
    cpu->psw = (uint16_t)((draw() & V30_PSW_WRITABLE) | V30_PSW_ONES);
    cpu->r[V30_CW] &= 0x3F;
}

static void foretell(v30 *cpu)
{
    v30_decoded d;
    uint16_t ps = cpu->s[V30_PS], pc = cpu->pc;
    int length = v30_decode(cpu->bus, ps, pc, &d);
    uint32_t expected, used;
    uint8_t shadow = cpu->shadow;
    static v30 before;
    memcpy(&before, cpu, offsetof(v30, remembered));
    cpu->shadow = 0;
    used = v30_execute(cpu);
    expected = v30_clocks(&before, &d, cpu->pc);
    if (d.kind == V30_KIND_DATA || cpu->stop) {
        cpu->shadow |= shadow;
        return;
    }
    foretold++;
    if (expected != used || cpu->shadow != d.shadow) {
        printf("%02X %02X at %04X:%04X: %u clocks, foretold %u; length %d; shadow %d, foretold %d\n", d.opcode, d.modrm,
               ps, pc, used, expected, length, cpu->shadow, d.shadow);
        exit(1);
    }
    if (length > 16 && d.prefixes == 0)
        abort();
}

int main(int count, char **words)
{
    uint64_t rounds = count > 1 ? strtoull(words[1], NULL, 10) : 100;
    bus_cycle cycles[16];
    bus_trace trace = {cycles, 16, 0};
    board_bus bus = {.port_in = port_in, .port_out = port_out, .mem_in = mem_in, .mem_out = mem_out,
                     .int_ack = int_ack};
    v30 cpu;
    memset(&cpu, 0, sizeof cpu);
    bus.mem = malloc(0x100000);
    cpu.bus = &bus;
    for (uint64_t round = 0; round < rounds; round++) {
        for (uint32_t a = 0; a < 0x100000; a += 4) {
            uint32_t value = draw();
            memcpy(bus.mem + a, &value, 4);
        }
        for (int page = 0; page < 256; page++)
            bus.page[page] = draw() % 8 ? PAGE_RAM : (uint8_t)(draw() % 4);
        v30_reset(&cpu);
        cpu.options = round & 1;
        bus.trace = round % 3 ? NULL : &trace;
        for (int n = 0; n < 4000; n++) {
            if (n % 20 == 0 || cpu.stop || cpu.halted) {
                v30_reset(&cpu);
                scatter(&cpu);
            }
            trace.count = 0;
            if (cpu.rep_active || cpu.state || draw() % 8 == 0) {
                cpu.int_line = draw() % 4 == 0;
                cpu.nmi_latch = draw() % 16 == 0;
                cpu.poll_line = draw() % 2;
                if (draw() % 2)
                    v30_step(&cpu);
                else {
                    cpu.horizon = cpu.clock + draw() % 64;
                    v30_run(&cpu);
                }
            } else
                foretell(&cpu);
        }
    }
    printf("%llu instructions, %llu foretold\n", (unsigned long long)cpu.instructions, (unsigned long long)foretold);
    free(bus.mem);
    return foretold == 0;
}

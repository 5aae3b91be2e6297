#include "mde_mb87405.h"

#include <assert.h>
#include <string.h>

#include "mde_parts.h"

enum { LOW = 1, HIGH = 2, LOW_CORNER = 1607, HIGH_CORNER = 19555 /* 250 Hz, 4 kHz */ };

#define REVERB {mde_reverb_begin, 0, mde_reverb_run, 0, LOW | HIGH}
#define EARLY {mde_early_begin, 0, mde_early_run, 0, LOW | HIGH}
#define DELAY {mde_delay_begin, 0, mde_delay_run, 0, LOW | HIGH}
#define CHORUS {mde_chorus_begin, mde_chorus_step, mde_chorus_run, 1, LOW | HIGH}
#define PHASER {mde_phaser_begin, mde_phaser_step, mde_phaser_run, 1, 0}
#define TREMOLO {mde_tremolo_begin, mde_tremolo_step, mde_tremolo_run, 1, LOW | HIGH}

static const mde_family FAMILIES[MDE_THROUGH] = {
    REVERB, REVERB, REVERB, REVERB, REVERB, REVERB, EARLY, EARLY, EARLY, DELAY, DELAY,
    CHORUS, CHORUS, CHORUS, CHORUS, PHASER, PHASER, TREMOLO, TREMOLO,
    {mde_eq_begin, 0, mde_eq_run, 0, 0},
    {mde_drive_begin, 0, mde_drive_run, 0, LOW | HIGH},
    {mde_drive_begin, 0, mde_drive_run, 0, LOW},
    {mde_exciter_begin, 0, mde_exciter_run, 0, LOW | HIGH},
    {mde_ensemble_begin, mde_ensemble_step, mde_ensemble_run, 1, LOW | HIGH},
    {mde_rotary_begin, mde_rotary_step, mde_rotary_run, 1, 0},
    {mde_reverb_begin, 0, mde_reverb_run, 0, 0},
    {mde_reverb_begin, 0, mde_reverb_run, 0, 0},
    {mde_early_begin, 0, mde_early_run, 0, 0},
    {mde_delay_begin, 0, mde_delay_run, 0, 0},
    {mde_chorus_begin, mde_chorus_step, mde_chorus_run, 1, 0},
    {mde_chorus_begin, mde_chorus_step, mde_chorus_run, 1, 0},
    {mde_phaser_begin, mde_phaser_step, mde_phaser_run, 1, 0},
    {mde_tremolo_begin, mde_tremolo_step, mde_tremolo_run, 1, 0},
};

const int32_t *mde_read(mde_part *p, int32_t back, int32_t *room)
{
    uint32_t at = (p->at - (uint32_t)back) & (MDE_HALF - 1), n = (uint32_t)p->n;
    mde_count(p, p->n);
    if (at + n <= MDE_HALF)
        return &p->half[at];
    for (uint32_t i = 0; i < n; i++)
        room[i] = p->half[(at + i) & (MDE_HALF - 1)];
    return room;
}

void mde_write(mde_part *p, int32_t back, const int32_t *from)
{
    uint32_t at = (p->at - (uint32_t)back) & (MDE_HALF - 1), n = (uint32_t)p->n;
    if (at + n <= MDE_HALF)
        memcpy(&p->half[at], from, n * sizeof *from);
    else
        for (uint32_t i = 0; i < n; i++)
            p->half[(at + i) & (MDE_HALF - 1)] = from[i];
    mde_count(p, p->n);
}

/* A part of the way a tick, at least 1: levels take an eighth, what bends a sound inside a thirty-second. */
static void ramp_step(mde_ramp *r, int32_t slowness)
{
    int32_t way = r->target - r->next, step = way / slowness;
    r->now = r->next;
    r->next += step ? step : (way > 0) - (way < 0);
}

static void ramp_settle(mde_ramp *r)
{
    r->now = r->next = r->target;
}

static void time_step(mde_time *t)
{
    t->open = t->opening;
    if (t->now != t->wanted && t->open == 0)
        t->now = t->wanted;
    t->opening = mde_limit(t->open + (t->now == t->wanted ? MDE_OPEN / 8 : -MDE_OPEN / 8), 0, MDE_OPEN);
}

int mde_modulates(int type)
{
    return type < MDE_THROUGH && FAMILIES[type].modulates;
}

int mde_refused(uint8_t a, uint8_t b)
{
    if (a > MDE_THROUGH || b > MDE_THROUGH)
        return MDE_NO_TYPE;
    int lone_a = a == 23 || a == 24, lone_b = b == 23 || b == 24;
    return (lone_a && mde_modulates(b)) || (lone_b && mde_modulates(a)) ? MDE_NO_PAIR : MDE_OK;
}

/* What the block says, as targets. */
static void slot_begin(mde *m, int which)
{
    mde_slot *s = &m->slot[which];
    const uint8_t *b = m->block, *p = b + 9 + 8 * which;
    int fresh = s->type != b[which];
    if (fresh) {
        memset(s, 0, sizeof *s);
        memset(&m->memory[which * MDE_HALF], 0, MDE_HALF * sizeof m->memory[0]);
        s->type = b[which];
    }
    for (int side = 0; side < 2; side++) {
        int on = s->type != MDE_THROUGH && b[8] >> (2 * which + side) & 1;
        s->balance[side].target = on ? mde_below(b[2 + 2 * which + side], 100) * MDE_WET / 100 : 0;
    }
    if (s->type != MDE_THROUGH) {
        const mde_family *family = &FAMILIES[s->type];
        if (family->shelves & LOW || s->type == 19)
            s->shelf[0].target = mde_decibels(mde_signed(p[7], 12)) / 16 - 4096;
        if (family->shelves & HIGH || s->type == 19)
            s->shelf[1].target = mde_decibels(mde_signed(p[6], 12)) / 16 - 4096;
        if (mde_dual(s))
            mde_head_begin(s, p);
        family->begin(s, p);
    }
    if (!fresh && m->frame) {
        if (s->type != MDE_THROUGH && FAMILIES[s->type].step) {
            /* another wave or phase is somewhere else now: the modulators go there from where they are */
            int32_t was[MDE_SWEEPS];
            for (int k = 0; k < MDE_SWEEPS; k++)
                was[k] = s->sweep[2 * k + 1];
            FAMILIES[s->type].step(s, p);
            for (int k = 0; k < MDE_SWEEPS; k++) {
                s->off[k] = was[k] - s->sweep[2 * k + 1];
                s->sweep[2 * k + 1] = was[k];
            }
        }
        return;
    }
    for (int k = 0; k < 2; k++)
        ramp_settle(&s->balance[k]);
    for (int k = 0; k < 3; k++)
        ramp_settle(&s->shelf[k]);
    for (int k = 0; k < MDE_RAMPS; k++)
        ramp_settle(&s->ramp[k]);
    for (int k = 0; k < MDE_TIMES; k++) {
        s->time[k].now = s->time[k].wanted;
        s->time[k].open = s->time[k].opening = MDE_OPEN;
    }
    if (s->type != MDE_THROUGH && FAMILIES[s->type].step) {
        FAMILIES[s->type].step(s, p);
        for (int k = 0; k < MDE_SWEEPS; k++)
            s->sweep[2 * k] = s->sweep[2 * k + 1];
    }
}

static void slot_step(mde *m, int which)
{
    mde_slot *s = &m->slot[which];
    for (int k = 0; k < 2; k++)
        ramp_step(&s->balance[k], 8);
    for (int k = 0; k < 3; k++)
        ramp_step(&s->shelf[k], 32);
    for (int k = 0; k < MDE_RAMPS; k++)
        ramp_step(&s->ramp[k], 32);
    for (int k = 0; k < MDE_TIMES; k++)
        time_step(&s->time[k]);
    for (int k = 0; k < 2; k++)
        s->phase[k] = (int32_t)((s->phase[k] + MDE_TICK * s->speed[k]) % MDE_TURN);
    if (s->type != MDE_THROUGH && FAMILIES[s->type].step) {
        for (int k = 0; k < MDE_SWEEPS; k++)
            s->sweep[2 * k] = s->sweep[2 * k + 1];
        FAMILIES[s->type].step(s, m->block + 9 + 8 * which);
        for (int k = 0; k < MDE_SWEEPS; k++) {
            s->off[k] -= s->off[k] / 64 ? s->off[k] / 64 : (s->off[k] > 0) - (s->off[k] < 0);
            s->sweep[2 * k + 1] = mde_limit(s->sweep[2 * k + 1] + s->off[k], s->type == 24 ? -32768 : 0,
                                            mde_phases(s->type) ? 60000 : 1 << 17);
        }
    }
}

/* Wet over dry, in place; a share of 0 leaves the dry as it is. Both have 20 bits: 2^19 x 4096 just fits. */
static void mix(const mde_part *p, int side, int32_t *dry, const int32_t *wet)
{
    const mde_ramp *r = &p->slot->balance[side];
    int32_t share = r->now;
    if (share != r->next)
        for (int32_t i = 0; i < p->n; i++) {
            share = mde_at(r, p->from + i);
            dry[i] = down32(dry[i] * (MDE_WET - share) + wet[i] * share, 12);
        }
    else if (share)
        for (int32_t i = 0; i < p->n; i++)
            dry[i] = down32(dry[i] * (MDE_WET - share) + wet[i] * share, 12);
}

static void clip(int32_t *x, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        x[i] = mde_clip32(x[i]);
}

/* A delay left and something else right; or, in series, that behind the delay, mono in, on both sides. */
static void dual_run(mde_part *p, const mde_family *family, int32_t *l, int32_t *r, int32_t *wl, int32_t *wr)
{
    int series = p->chip->wiring & MDE_SERIES;
    if (series)
        for (int32_t i = 0; i < p->n; i++)
            l[i] = (l[i] + r[i]) / 2;
    mde_head_run(p, l, wl);
    clip(wl, p->n);
    mix(p, 0, l, wl);
    if (series)
        memcpy(r, l, (size_t)p->n * sizeof *r);
    family->run(p, l, r, wl, wr);
    clip(wr, p->n);
    mix(p, 1, r, wr);
    if (series)
        memcpy(l, r, (size_t)p->n * sizeof *l);
}

/* One slot over l and r, in place. */
static void slot_run(mde *m, int which, int32_t from, int32_t n, int32_t *l, int32_t *r)
{
    mde_slot *s = &m->slot[which];
    if (s->type == MDE_THROUGH)
        return;
    const mde_family *family = &FAMILIES[s->type];
    mde_part part = {m, s, &m->memory[which * MDE_HALF], m->frame, from, n};
    int32_t wl[MDE_TICK], wr[MDE_TICK], any = 0;
    for (int32_t i = 0; i < n; i++)
        any |= l[i] | r[i];
    s->sounding = any || (from && s->sounding);
    if (mde_dual(s)) {
        dual_run(&part, family, l, r, wl, wr);
        return;
    }
    family->run(&part, l, r, wl, wr);
    clip(wl, n);
    clip(wr, n);
    if (family->shelves)
        mde_shelves(&part, wl, wr, LOW_CORNER, HIGH_CORNER);
    mix(&part, 0, l, wl);
    mix(&part, 1, r, wr);
}

/* c and d panned onto l and r: pan[0] c to l, [1] c to r, [2] d to l, [3] d to r. */
static void panned(const mde *m, int32_t from, int32_t n, const int32_t *c, const int32_t *d, int32_t *l, int32_t *r)
{
    const mde_ramp *p = m->pan;
    if (!(p[0].now | p[0].next | p[1].now | p[1].next | p[2].now | p[2].next | p[3].now | p[3].next))
        return;
    for (int32_t i = 0; i < n; i++) {
        int64_t cl = (int64_t)c[i] * mde_at(&p[0], from + i), cr = (int64_t)c[i] * mde_at(&p[1], from + i);
        int64_t dl = (int64_t)d[i] * mde_at(&p[2], from + i), dr = (int64_t)d[i] * mde_at(&p[3], from + i);
        l[i] = mde_clip(l[i] + (cl + dl) / MDE_ONE);
        r[i] = mde_clip(r[i] + (cr + dr) / MDE_ONE);
    }
}

static void cross_over(const mde *m, int32_t from, int32_t n, int32_t *parallel, const int32_t *serial)
{
    for (int32_t i = 0; i < n; i++) {
        int64_t share = mde_at(&m->serial, from + i);
        parallel[i] = (int32_t)((parallel[i] * (MDE_ONE - share) + serial[i] * share) / MDE_ONE);
    }
}

/* Serial: A B -> 1 -> (+ C D panned) -> 2 -> 1/L 2/R; C D -> 3 4. Parallel: A B -> 1 -> (+ 3 4 panned) -> 1/L 2/R;
   C D -> 2 -> 3 4. While the connection changes both are there and cross over. */
static void part(mde *m, int32_t from, int32_t n, const int32_t *in, int32_t *out)
{
    int32_t a[MDE_TICK], b[MDE_TICK], c[MDE_TICK], d[MDE_TICK];             /* buses; a b become slot 1's output, */
    int32_t l[MDE_TICK], r[MDE_TICK], sl[MDE_TICK], sr[MDE_TICK];           /* l r slot 2's */
    int both = m->serial.now != m->serial.next || (m->serial.now != 0 && m->serial.now != MDE_ONE);
    int serial = both || m->serial.now == MDE_ONE, parallel = both || m->serial.now == 0;
    size_t size = (size_t)n * sizeof *a;
    for (int32_t i = 0; i < n; i++) {
        a[i] = mde_clip32(in[4 * i]);
        b[i] = mde_clip32(in[4 * i + 1]);
        c[i] = mde_clip32(in[4 * i + 2]);
        d[i] = mde_clip32(in[4 * i + 3]);
    }
    slot_run(m, 0, from, n, a, b);
    memcpy(l, c, size);
    memcpy(r, d, size);
    if (serial) {
        memcpy(sl, a, size);
        memcpy(sr, b, size);
        panned(m, from, n, c, d, sl, sr);
        if (both) {
            cross_over(m, from, n, l, sl);
            cross_over(m, from, n, r, sr);
        } else {
            memcpy(l, sl, size);
            memcpy(r, sr, size);
        }
    }
    slot_run(m, 1, from, n, l, r);
    if (parallel)
        panned(m, from, n, l, r, a, b);
    if (m->wiring & MDE_NO_34) {
        memset(c, 0, size);
        memset(d, 0, size);
    }
    if (both) {
        cross_over(m, from, n, a, l);
        cross_over(m, from, n, b, r);
        memcpy(sl, l, size);
        memcpy(sr, r, size);
        cross_over(m, from, n, sl, c);
        cross_over(m, from, n, sr, d);
    }
    const int32_t *one = parallel ? a : l, *two = parallel ? b : r;
    const int32_t *three = both ? sl : serial ? c : l, *four = both ? sr : serial ? d : r;
    for (int32_t i = 0; i < n; i++) {
        out[4 * i] = one[i];
        out[4 * i + 1] = two[i];
        out[4 * i + 2] = three[i];
        out[4 * i + 3] = four[i];
    }
    assert(m->accesses <= (uint32_t)(MDE_ACCESSES * n));
    if (m->accesses > m->most * (uint32_t)n)
        m->most = (m->accesses + (uint32_t)n - 1) / (uint32_t)n;
    m->accesses = 0;
    m->frame += (uint32_t)n;
}

void mde_begin_tick(mde *m)
{
    for (int k = 0; k < 4; k++)
        ramp_step(&m->pan[k], 8);
    ramp_step(&m->serial, 8);
    slot_step(m, 0);
    slot_step(m, 1);
}

void mde_frames(mde *m, const int32_t *in, int32_t *out, uint32_t n)
{
    while (n) {
        int32_t from = (int32_t)(m->frame % MDE_TICK), room = MDE_TICK - from;
        int32_t count = n < (uint32_t)room ? (int32_t)n : room;
        if (from == 0)
            mde_begin_tick(m);
        part(m, from, count, in, out);
        in += 4 * count;
        out += 4 * count;
        n -= (uint32_t)count;
    }
}

/* An output pan: 0 off, 1 R, 2-100, 101 L; left and right share. */
static void pan_begin(mde_ramp *left, mde_ramp *right, int32_t pan)
{
    pan = mde_below(pan, 101);
    left->target = pan ? (pan - 1) * MDE_ONE / 100 : 0;
    right->target = pan ? (101 - pan) * MDE_ONE / 100 : 0;
}

static void begin(mde *m)
{
    pan_begin(&m->pan[0], &m->pan[1], m->block[6]);
    pan_begin(&m->pan[2], &m->pan[3], m->block[7]);
    m->serial.target = m->block[8] & 0x10 ? MDE_ONE : 0;
    slot_begin(m, 0);
    slot_begin(m, 1);
    if (m->frame)
        return;
    ramp_settle(&m->serial);
    for (int k = 0; k < 4; k++)
        ramp_settle(&m->pan[k]);
}

int mde_load(mde *m, const uint8_t *block)
{
    int why = mde_refused(block[0], block[1]);
    if (why == MDE_OK) {
        memcpy(m->block, block, MDE_BLOCK);
        begin(m);
    }
    return why;
}

int mde_set(mde *m, uint32_t byte, uint8_t value)
{
    if (byte >= MDE_BLOCK)
        return MDE_NO_BYTE;
    uint8_t block[MDE_BLOCK];
    memcpy(block, m->block, MDE_BLOCK);
    block[byte] = value;
    return mde_load(m, block);
}

void mde_init(mde *m, uint8_t wiring)
{
    memset(m, 0, sizeof *m);
    m->wiring = wiring & (MDE_SERIES | MDE_NO_34);
    m->block[0] = m->block[1] = MDE_THROUGH;
    m->slot[0].type = m->slot[1].type = -1;
    begin(m);
}

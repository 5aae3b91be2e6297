/* See profile_tables.h. Rows are never taken out, so a search ends at the first empty slot. */
#include "profile_tables.h"

static uint32_t hash(uint64_t key, uint32_t size)
{
    return (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (2 * size - 1);
}

uint32_t profile_row(profile *p, uint32_t place)
{
    uint32_t *at = p->place_at, slot = hash(place, PROFILE_PLACES);
    for (; at[slot] != 0; slot = (slot + 1) & (2 * PROFILE_PLACES - 1))
        if (p->place[at[slot] - 1].place == place)
            return at[slot];
    if (p->places == PROFILE_PLACES) {
        p->lost++;
        return 0;
    }
    p->place[p->places].place = place;
    return at[slot] = ++p->places;
}

uint32_t profile_function_of(profile *p, uint64_t key)
{
    uint32_t *at = p->function_at, slot = hash(key, PROFILE_FUNCTIONS);
    for (; at[slot] != 0; slot = (slot + 1) & (2 * PROFILE_FUNCTIONS - 1))
        if (p->function[at[slot]].key == key)
            return at[slot];
    if (p->functions == PROFILE_FUNCTIONS) {
        p->lost++;
        return 0;
    }
    p->function[p->functions].key = key;
    return at[slot] = p->functions++;
}

uint32_t profile_edge_of(profile *p, uint32_t caller, uint32_t callee)
{
    uint32_t *at = p->edge_at, slot = hash((uint64_t)caller << 32 | callee, PROFILE_EDGES);
    for (; at[slot] != 0; slot = (slot + 1) & (2 * PROFILE_EDGES - 1))
        if (p->edge[at[slot] - 1].caller == caller && p->edge[at[slot] - 1].callee == callee)
            return at[slot];
    if (p->edges == PROFILE_EDGES) {
        p->lost++;
        return 0;
    }
    p->edge[p->edges].caller = caller;
    p->edge[p->edges].callee = callee;
    return at[slot] = ++p->edges;
}

uint32_t profile_node_of(profile *p, uint32_t parent, uint32_t function)
{
    uint32_t *at = p->node_at, slot = hash((uint64_t)parent << 32 | function, PROFILE_NODES);
    for (uint32_t node = parent; node != 0; node = p->node[node].parent)
        if (p->node[node].function == function)
            return node;
    for (; at[slot] != 0; slot = (slot + 1) & (2 * PROFILE_NODES - 1))
        if (p->node[at[slot]].parent == parent && p->node[at[slot]].function == function)
            return at[slot];
    if (p->nodes == PROFILE_NODES || p->node[parent].depth == PROFILE_DEEP) {
        p->lost++;
        return parent;
    }
    p->node[p->nodes].parent = parent;
    p->node[p->nodes].function = function;
    p->node[p->nodes].depth = p->node[parent].depth + 1;
    return at[slot] = p->nodes++;
}

void profile_count_port(profile *p, uint32_t port, unsigned out)
{
    uint32_t key = port << 1 | out, *at = p->port_at, slot = hash((uint64_t)key << 32 | p->at, PROFILE_PORTS);
    p->port_counts[out][port]++;
    for (; at[slot] != 0; slot = (slot + 1) & (2 * PROFILE_PORTS - 1)) {
        profile_port *known = &p->port[at[slot] - 1];
        if (known->key == key && known->place == p->at) {
            known->count++;
            return;
        }
    }
    if (p->ports == PROFILE_PORTS) {
        p->lost++;
        return;
    }
    p->port[p->ports] = (profile_port){1, p->at, key};
    at[slot] = ++p->ports;
}

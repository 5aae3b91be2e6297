/* The tables of a profile: rows in the order in which they came, found by open hashing. A full table counts what is
   `lost`. */
#ifndef KORGM1_PROFILE_TABLES_H
#define KORGM1_PROFILE_TABLES_H
#include "profile.h"

/* The row of a place + 1, or 0 when the table is full. */
uint32_t profile_row(profile *p, uint32_t place);

/* A function's number, 0 when the table is full. */
uint32_t profile_function_of(profile *p, uint64_t key);

/* The row of a pair of functions + 1, or 0 when the table is full. */
uint32_t profile_edge_of(profile *p, uint32_t caller, uint32_t callee);

/* The node of a function that is called from another node; what calls itself, however indirectly, goes on where it
   was. The parent when the table is full or the tree too deep. */
uint32_t profile_node_of(profile *p, uint32_t parent, uint32_t function);

/* The instruction at p->at uses a port. */
void profile_count_port(profile *p, uint32_t port, unsigned out);
#endif

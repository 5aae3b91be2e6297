/* See condition.h. */
#include "condition.h"

static int64_t register_of(const v30 *c, unsigned number)
{
    return number < 8 ? c->r[number] : number < 12 ? c->s[number - 8] : number == 12 ? c->pc : c->psw;
}

static int64_t byte_at(const condition_about *of, uint32_t address)
{
    const board_bus *bus = of->cpu->bus;
    address &= 0xFFFFF;
    return bus->page[address >> 12] == PAGE_DEVICE ? of->peek(of->user, address) : bus->mem[address];
}

static int64_t last_byte(const condition_about *of, unsigned way, uint16_t port)
{
    const condition_ports *p = of->ports;
    return !(p->seen[port] & way) ? -1 : way == 1 ? p->in[port] : p->out[port];
}

static int64_t shifted_right(int64_t a, unsigned by) { return a < 0 ? ~(~a >> by) : a >> by; }

#define TWO(value) top--, *top = (int64_t)(value); break
#define LEFT ((uint64_t)top[0])
#define RIGHT ((uint64_t)top[1])

int64_t condition_value(const condition_op *program, uint32_t length, const condition_about *of)
{
    int64_t stack[CONDITION_DEEPEST + 1], *top = stack;   /* the first is nothing: an empty stack */
    const condition_op *end = program + length;
    for (const condition_op *op = program; op < end; op++)
        switch (op->code) {
        case CONDITION_CONSTANT: *++top = op->number; break;
        case CONDITION_REGISTER: *++top = register_of(of->cpu, (unsigned)op->number); break;
        case CONDITION_VALUE: *++top = of->value; break;
        case CONDITION_ADDRESS: *++top = of->address; break;
        case CONDITION_VECTOR: *++top = of->vector; break;
        case CONDITION_CLOCK: *++top = (int64_t)of->cpu->clock; break;
        case CONDITION_STEPS: *++top = (int64_t)of->steps; break;
        case CONDITION_BYTE: *top = byte_at(of, (uint32_t)*top); break;
        case CONDITION_WORD: *top = byte_at(of, (uint32_t)*top) | byte_at(of, (uint32_t)*top + 1) << 8; break;
        case CONDITION_LAST_IN: *top = last_byte(of, 1, (uint16_t)*top); break;
        case CONDITION_LAST_OUT: *top = last_byte(of, 2, (uint16_t)*top); break;
        case CONDITION_NEGATE: *top = (int64_t)(0 - (uint64_t)*top); break;
        case CONDITION_INVERT: *top = ~*top; break;
        case CONDITION_IS_ZERO: *top = *top == 0; break;
        case CONDITION_SKIP_TRUE:
            if (*top != 0) {
                *top = 1;
                op += op->number;
            }
            break;
        case CONDITION_SKIP_FALSE: op += *top == 0 ? op->number : 0; break;
        case CONDITION_JOIN: TWO(((LEFT << 4) + RIGHT) & 0xFFFFF);
        case CONDITION_OR_ELSE: TWO(LEFT != 0 || RIGHT != 0);
        case CONDITION_AND_THEN: TWO(LEFT != 0 && RIGHT != 0);
        case CONDITION_OR: TWO(LEFT | RIGHT);
        case CONDITION_XOR: TWO(LEFT ^ RIGHT);
        case CONDITION_AND: TWO(LEFT & RIGHT);
        case CONDITION_EQUAL: TWO(LEFT == RIGHT);
        case CONDITION_UNEQUAL: TWO(LEFT != RIGHT);
        case CONDITION_LESS: TWO(top[0] < top[1]);
        case CONDITION_AT_MOST: TWO(top[0] <= top[1]);
        case CONDITION_MORE: TWO(top[0] > top[1]);
        case CONDITION_AT_LEAST: TWO(top[0] >= top[1]);
        case CONDITION_LEFT: TWO(LEFT << ((RIGHT & 0x3F) < 32 ? RIGHT & 0x3F : 32));
        case CONDITION_RIGHT: TWO(shifted_right(top[0], RIGHT & 0x3F));
        case CONDITION_ADD: TWO(LEFT + RIGHT);
        case CONDITION_SUBTRACT: TWO(LEFT - RIGHT);
        default: TWO(LEFT * RIGHT);   /* CONDITION_MULTIPLY */
        }
    return *top;
}

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

static int64_t both(unsigned code, int64_t left, int64_t right)
{
    uint64_t a = (uint64_t)left, b = (uint64_t)right;
    unsigned by = b & 0x3F;
    switch (code) {
    case CONDITION_JOIN: return (int64_t)(((a << 4) + b) & 0xFFFFF);
    case CONDITION_OR_ELSE: return left != 0 || right != 0;
    case CONDITION_AND_THEN: return left != 0 && right != 0;
    case CONDITION_OR: return (int64_t)(a | b);
    case CONDITION_XOR: return (int64_t)(a ^ b);
    case CONDITION_AND: return (int64_t)(a & b);
    case CONDITION_EQUAL: return left == right;
    case CONDITION_UNEQUAL: return left != right;
    case CONDITION_LESS: return left < right;
    case CONDITION_AT_MOST: return left <= right;
    case CONDITION_MORE: return left > right;
    case CONDITION_AT_LEAST: return left >= right;
    case CONDITION_LEFT: return (int64_t)(a << (by < 32 ? by : 32));
    case CONDITION_RIGHT: return shifted_right(left, by);
    case CONDITION_ADD: return (int64_t)(a + b);
    case CONDITION_SUBTRACT: return (int64_t)(a - b);
    default: return (int64_t)(a * b);   /* CONDITION_MULTIPLY */
    }
}

int64_t condition_value(const condition_op *program, uint32_t length, const condition_about *of)
{
    int64_t stack[CONDITION_DEEPEST + 1], *top = stack;   /* the first is nothing: an empty stack */
    for (const condition_op *op = program; op < program + length; op++)
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
        default: top--; *top = both(op->code, *top, top[1]);
        }
    return *top;
}

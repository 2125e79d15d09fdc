/*
 * An interpreter for a small register machine, one computed jump for each instruction it runs. Its program counts the
 * steps of the Collatz sequences of all numbers below a limit.
 */
#include "harness.h"

#define ROUNDS 4

KERNEL(ROUNDS, true);

#define LIMIT 20000

enum opcode { SET, MOVE, ADD, MULTIPLY, HALVE, JUMP, JUMP_IF_EVEN, JUMP_IF_LESS, JUMP_IF_EQUAL, HALT };

struct instruction {
	uint8_t opcode, target, source;
	int8_t offset; /* of jumps, in instructions, from the jump itself */
	int32_t immediate;
};

enum { START, VALUE, STEPS, ONE, END, REGISTERS };

static const struct instruction program[] = {
	/*  0 */ { SET, START, 0, 0, 1 },
	/*  1 */ { SET, STEPS, 0, 0, 0 },
	/*  2 */ { SET, ONE, 0, 0, 1 },
	/*  3 */ { MOVE, VALUE, START, 0, 0 }, /* the next sequence */
	/*  4 */ { JUMP_IF_EQUAL, VALUE, ONE, 12 - 4, 0 },
	/*  5 */ { ADD, STEPS, 0, 0, 1 },
	/*  6 */ { JUMP_IF_EVEN, VALUE, 0, 10 - 6, 0 },
	/*  7 */ { MULTIPLY, VALUE, 0, 0, 3 },
	/*  8 */ { ADD, VALUE, 0, 0, 1 },
	/*  9 */ { JUMP, 0, 0, 4 - 9, 0 },
	/* 10 */ { HALVE, VALUE, 0, 0, 0 },
	/* 11 */ { JUMP, 0, 0, 4 - 11, 0 },
	/* 12 */ { ADD, START, 0, 0, 1 },
	/* 13 */ { JUMP_IF_LESS, START, END, 3 - 13, 0 },
	/* 14 */ { HALT, 0, 0, 0, 0 },
};

static void interpret(const struct instruction *at, uint64_t registers[REGISTERS])
{
	static const void *const handlers[] = {
		[SET] = &&set,
		[MOVE] = &&move,
		[ADD] = &&add,
		[MULTIPLY] = &&multiply,
		[HALVE] = &&halve,
		[JUMP] = &&jump,
		[JUMP_IF_EVEN] = &&jump_if_even,
		[JUMP_IF_LESS] = &&jump_if_less,
		[JUMP_IF_EQUAL] = &&jump_if_equal,
		[HALT] = &&halt,
	};
#define DISPATCH() goto *handlers[at->opcode]
#define NEXT(distance) do { at += (distance); DISPATCH(); } while (0)
#define TARGET registers[at->target]
#define SOURCE registers[at->source]

	DISPATCH();
set:
	TARGET = at->immediate;
	NEXT(1);
move:
	TARGET = SOURCE;
	NEXT(1);
add:
	TARGET += at->immediate;
	NEXT(1);
multiply:
	TARGET *= at->immediate;
	NEXT(1);
halve:
	TARGET >>= 1;
	NEXT(1);
jump:
	NEXT(at->offset);
jump_if_even:
	NEXT(TARGET & 1 ? 1 : at->offset);
jump_if_less:
	NEXT(TARGET < SOURCE ? at->offset : 1);
jump_if_equal:
	NEXT(TARGET == SOURCE ? at->offset : 1);
halt:
	return;
}

void kernel_prepare(void)
{
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		uint64_t registers[REGISTERS] = { [END] = LIMIT };

		interpret(program, registers);
		checksum += registers[STEPS];
	}
	return checksum;
}

/* The same count without the interpreter. */
bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	uint64_t steps = 0;

	for (uint64_t start = 1; start < LIMIT; start++)
		for (uint64_t value = start; value != 1; steps++)
			value = value & 1 ? 3 * value + 1 : value / 2;
	return checksum == rounds * steps;
}

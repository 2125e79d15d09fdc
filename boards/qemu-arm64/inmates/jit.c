/*
 * Shows: a guest that generates code. A stack machine's programs, made at random, are compiled to A64 instructions, run,
 * and compared with an interpreter of the same programs. Each round a program and its code make way for new ones, in the
 * other programs' page and while these go on running, and one constant in the code of another is patched in place.
 * Code that was written is made visible as B2.4.4 of DDI 0487 asks: DC CVAU, DSB, IC IVAU, DSB, ISB.
 * Runs in any cell with 64 KiB of RAM (greeter's, for one).
 * Parameters: rounds=N how many (0: for ever), report=N after how many to say where it stands (50), seed=N (1).
 */
#include "inmate.h"

#define PROGRAMS 16
#define PROGRAM_LENGTH 24
#define STACK_DEPTH 6
/* An operation takes two instructions at most, the loop around them six. */
#define CODE_LENGTH (2 * PROGRAM_LENGTH + 8)
#define ITERATIONS 600
#define TABLE_WORDS 64

enum operation {
	PUSH_X, PUSH_Y, PUSH_CONSTANT,
	/* of the two topmost values, the second one first */
	ADD, SUB, MUL, DIV, AND, OR, XOR, SMALLER,
	/* of the topmost value */
	ROTATE, LOOK_UP, FLIP_IF_ODD,
	OPERATIONS
};
#define FIRST_BINARY ADD
#define FIRST_UNARY ROTATE

struct step {
	uint8_t operation;
	uint16_t constant;
};

struct program {
	size_t length;
	struct step steps[PROGRAM_LENGTH];
	/* Where the code of its last PUSH_CONSTANT stands, for patching. */
	size_t patch_step, patch_word;
};

/* x(i+1) = value(x(i), y(i)) ^ y(i), y(i+1) = y(i) + Y_STEP; the result is the last x. */
#define Y_STEP 0x9e5
typedef uint64_t (*compiled)(uint64_t x, uint64_t y, uint64_t iterations, const uint64_t *table);

static struct program programs[PROGRAMS];
static uint32_t code[PROGRAMS][CODE_LENGTH] __attribute__((aligned(64)));
static uint64_t table[TABLE_WORDS];
static uint64_t random_state;

/* xorshift64* (Marsaglia 2003; Vigna 2016). */
static uint64_t random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dUL;
}

static uint64_t below(uint64_t limit)
{
	return (random() >> 32) % limit;
}

static uint64_t rotate(uint64_t value, unsigned int count)
{
	count &= 63;
	return count ? value >> count | value << (64 - count) : value;
}

/* ------------------------------------------------------------------------------------------------------------- programs */

static void make_program(struct program *program)
{
	size_t depth = 0, length = 0;

	program->patch_step = PROGRAM_LENGTH;
	while (length < PROGRAM_LENGTH - STACK_DEPTH || depth != 1) {
		struct step *step = &program->steps[length];

		if (length >= PROGRAM_LENGTH - STACK_DEPTH && depth > 1)
			step->operation = FIRST_BINARY + below(FIRST_UNARY - FIRST_BINARY);
		else
			step->operation = below(OPERATIONS);
		if (step->operation < FIRST_BINARY ? depth == STACK_DEPTH
						   : depth < (step->operation < FIRST_UNARY ? 2 : 1))
			continue;
		step->constant = random() >> 48;
		if (step->operation == PUSH_CONSTANT)
			program->patch_step = length;
		if (step->operation < FIRST_BINARY)
			depth++;
		else if (step->operation < FIRST_UNARY)
			depth--;
		length++;
	}
	program->length = length;
}

static uint64_t interpret(const struct program *program, uint64_t x, uint64_t y, uint64_t iterations)
{
	while (iterations--) {
		uint64_t stack[STACK_DEPTH], *top = stack - 1;

		for (size_t i = 0; i < program->length; i++) {
			const struct step *step = &program->steps[i];
			uint64_t second = 0;

			if (step->operation >= FIRST_BINARY && step->operation < FIRST_UNARY)
				second = *top--;
			switch (step->operation) {
			case PUSH_X: *++top = x; break;
			case PUSH_Y: *++top = y; break;
			case PUSH_CONSTANT: *++top = step->constant; break;
			case ADD: *top += second; break;
			case SUB: *top -= second; break;
			case MUL: *top *= second; break;
			case DIV: *top = second ? *top / second : 0; break;
			case AND: *top &= second; break;
			case OR: *top |= second; break;
			case XOR: *top ^= second; break;
			case SMALLER: *top = *top < second ? *top : second; break;
			case ROTATE: *top = rotate(*top, step->constant); break;
			case LOOK_UP: *top = table[*top % TABLE_WORDS]; break;
			case FLIP_IF_ODD: *top = *top & 1 ? ~*top : *top; break;
			}
		}
		x = *top ^ y;
		y += Y_STEP;
	}
	return x;
}

/* ------------------------------------------------------------------------------------------------------------- compiler */

/* Registers: x0 = x, x1 = y, x2 = iterations left, x3 = table, the stack from x9 on, x16 scratch. */
#define STACK_REGISTER 9
#define SCRATCH 16

#define THREE(opcode, d, n, m) ((opcode) | (uint32_t)(m) << 16 | (uint32_t)(n) << 5 | (uint32_t)(d))
#define MOV(d, m) THREE(0xaa0003e0, d, 0, m)
#define MOVZ(d, constant) (0xd2800000 | (uint32_t)(constant) << 5 | (d))
#define RET 0xd65f03c0

static const uint32_t binary[] = {
	[ADD] = 0x8b000000, [SUB] = 0xcb000000, [MUL] = 0x9b007c00, [DIV] = 0x9ac00800,
	[AND] = 0x8a000000, [OR] = 0xaa000000, [XOR] = 0xca000000,
};

static void publish(const void *start, size_t size)
{
	uint64_t ctr = read_sysreg(ctr_el0);
	uint64_t data_line = 4UL << (ctr >> 16 & 0xf), code_line = 4UL << (ctr & 0xf);
	uintptr_t end = (uintptr_t)start + size;

	for (uintptr_t at = (uintptr_t)start & -data_line; at < end; at += data_line)
		asm volatile("dc cvau, %0" : : "r"(at) : "memory");
	dsb();
	for (uintptr_t at = (uintptr_t)start & -code_line; at < end; at += code_line)
		asm volatile("ic ivau, %0" : : "r"(at) : "memory");
	dsb();
	isb();
}

static void compile(struct program *program, uint32_t *to)
{
	uint32_t *at = to;
	uint32_t top = STACK_REGISTER - 1;

	for (size_t i = 0; i < program->length; i++) {
		const struct step *step = &program->steps[i];

		switch (step->operation) {
		case PUSH_X:
			*at++ = MOV(++top, 0);
			break;
		case PUSH_Y:
			*at++ = MOV(++top, 1);
			break;
		case PUSH_CONSTANT:
			if (i == program->patch_step)
				program->patch_word = at - to;
			*at++ = MOVZ(++top, step->constant);
			break;
		case SMALLER:
			top--;
			*at++ = THREE(0xeb00001f, 0, top, top + 1);	/* cmp */
			*at++ = THREE(0x9a803000, top, top, top + 1);	/* csel ..., lo */
			break;
		case ROTATE:
			*at++ = THREE(0x93c00000, top, top, top) | (step->constant & 63) << 10;	/* extr */
			break;
		case LOOK_UP:
			*at++ = 0x92401400 | top << 5 | SCRATCH;		/* and x16, top, #63 */
			*at++ = THREE(0xf8607800, top, 3, SCRATCH);		/* ldr top, [x3, x16, lsl #3] */
			break;
		case FLIP_IF_ODD:
			*at++ = 0x36000040 | top;				/* tbz top, #0, over the next */
			*at++ = THREE(0xaa2003e0, top, 0, top);			/* mvn */
			break;
		default:
			top--;
			*at++ = THREE(binary[step->operation], top, top, top + 1);
		}
	}
	*at++ = THREE(binary[XOR], 0, top, 1);
	*at++ = 0x91000000 | Y_STEP << 10 | 1 << 5 | 1;			/* add x1, x1, #Y_STEP */
	*at++ = 0xd1000442;						/* sub x2, x2, #1 */
	*at = 0xb5000002 | ((uint32_t)(to - at) & 0x7ffff) << 5;	/* cbnz x2, to the start */
	at++;
	*at++ = RET;
	publish(to, (at - to) * sizeof(*at));
}

static uint64_t execute(size_t index, uint64_t x, uint64_t y, uint64_t iterations)
{
	return ((compiled)(uintptr_t)code[index])(x, y, iterations, table);
}

/* --------------------------------------------------------------------------------------------------------------- rounds */

static bool check(size_t index, uint64_t x, uint64_t y, uint64_t iterations)
{
	uint64_t wanted = interpret(&programs[index], x, y, iterations);
	uint64_t found = execute(index, x, y, iterations);

	if (found != wanted)
		printk("WRONG: program %lu gives 0x%lx, not 0x%lx, after %lu iterations from 0x%lx, 0x%lx\n", index, found,
		       wanted, iterations, x, y);
	return found == wanted;
}

/* Another constant, in the program and in its code. */
static bool patch(size_t index)
{
	struct program *program = &programs[index];
	uint32_t *word = &code[index][program->patch_word];
	struct step *step = &program->steps[program->patch_step];

	if (program->patch_step == PROGRAM_LENGTH)
		return true;
	step->constant = random() >> 48;
	*word = MOVZ(*word & 31, step->constant);
	publish(word, sizeof(*word));
	return check(index, random(), random(), 8);
}

void inmate_main(void)
{
	uint64_t rounds = parameter_integer("rounds", 0), report = parameter_integer("report", 50);
	uint64_t sum = 0;

	random_state = parameter_integer("seed", 1) | 1;
	for (size_t i = 0; i < TABLE_WORDS; i++)
		table[i] = random();
	for (size_t i = 0; i < PROGRAMS; i++) {
		make_program(&programs[i]);
		compile(&programs[i], code[i]);
	}

	for (uint64_t round = 1; round <= rounds || !rounds; round++) {
		size_t replaced = round % PROGRAMS, oldest = (round + 1) % PROGRAMS;

		make_program(&programs[replaced]);
		compile(&programs[replaced], code[replaced]);
		if (!check(replaced, random(), random(), 8) || !check(oldest, random(), random(), ITERATIONS) ||
		    !patch((round + PROGRAMS / 2) % PROGRAMS))
			return;
		for (size_t i = 0; i < PROGRAMS; i++)
			sum = rotate(sum, 7) ^ execute(i, sum, round, ITERATIONS);
		if (report && round % report == 0)
			printk("Round %lu, sum %016lx\n", round, sum);
	}
	printk("JIT done\n");
}

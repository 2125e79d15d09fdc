/*
 * A mix as in embedded control code: a linked list is reversed, searched and sorted by two keys, small matrices are
 * multiplied, a state machine reads numbers out of text, and a CRC gathers the results.
 */
#include "harness.h"

#define ROUNDS 10000
/* What one round gives, as a build of this file for another architecture says. */
#define ROUND_CHECKSUM 0xd8726616b12dUL

KERNEL(ROUNDS, false);

#define NODES 64
#define SIDE 12

struct node {
	struct node *next;
	uint16_t key, weight;
};

typedef bool (*node_order)(const struct node *a, const struct node *b);

static struct node nodes[NODES];
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static const char text[] = "12,-7,0x1f,300.25,+9,abc,5e,-0x,77,1.5.2,4096,-1,0xbeef,.5,00012,--3,8,19,-40.125,6x,";

static uint16_t crc16(uint16_t crc, uint32_t value)
{
	for (int bit = 0; bit < 32; bit++, value >>= 1) {
		bool odd = (crc ^ value) & 1;

		crc >>= 1;
		if (odd)
			crc ^= 0xa001;
	}
	return crc;
}

static struct node *build_list(uint32_t seed)
{
	for (unsigned int n = 0; n < NODES; n++) {
		uint32_t number = next_random(&seed);

		nodes[n].next = n + 1 < NODES ? &nodes[n + 1] : NULL;
		nodes[n].key = number & 0xff;
		nodes[n].weight = number >> 16;
	}
	return nodes;
}

static struct node *reverse_list(struct node *list)
{
	struct node *reversed = NULL;

	while (list) {
		struct node *next = list->next;

		list->next = reversed;
		reversed = list;
		list = next;
	}
	return reversed;
}

static const struct node *find_key(const struct node *list, uint16_t key)
{
	while (list && list->key != key)
		list = list->next;
	return list;
}

static bool by_key(const struct node *a, const struct node *b)
{
	return a->key < b->key || (a->key == b->key && a->weight <= b->weight);
}

static bool by_weight(const struct node *a, const struct node *b)
{
	return a->weight <= b->weight;
}

static struct node *merge_lists(struct node *a, struct node *b, node_order in_order)
{
	struct node *merged = NULL, **tail = &merged;

	while (a && b) {
		struct node **smaller = in_order(a, b) ? &a : &b;

		*tail = *smaller;
		tail = &(*tail)->next;
		*smaller = (*smaller)->next;
	}
	*tail = a ? a : b;
	return merged;
}

static struct node *sort_list(struct node *list, node_order in_order)
{
	struct node *slow = list, *fast, *second;

	if (!list || !list->next)
		return list;
	for (fast = list->next; fast && fast->next; fast = fast->next->next)
		slow = slow->next;
	second = slow->next;
	slow->next = NULL;
	return merge_lists(sort_list(list, in_order), sort_list(second, in_order), in_order);
}

static uint16_t list_part(uint32_t seed)
{
	struct node *list = reverse_list(build_list(seed));
	uint16_t crc = 0xffff;
	uint32_t found = 0;

	for (uint16_t key = 0; key < 256; key += 8) {
		const struct node *node = find_key(list, key);

		found += node ? node->weight : 1;
	}
	crc = crc16(crc, found);
	list = sort_list(list, by_key);
	crc = crc16(crc, (uint32_t)list->key << 16 | list->next->key);
	list = sort_list(list, by_weight);
	for (const struct node *node = list; node; node = node->next)
		found = found * 3 + node->weight;
	return crc16(crc, found);
}

static uint16_t matrix_part(uint32_t seed)
{
	uint16_t crc = 0;

	for (unsigned int row = 0; row < SIDE; row++) {
		for (unsigned int column = 0; column < SIDE; column++) {
			left[row][column] = next_random(&seed);
			right[row][column] = next_random(&seed) >> 4;
		}
	}
	for (unsigned int row = 0; row < SIDE; row++) {
		for (unsigned int column = 0; column < SIDE; column++) {
			int32_t sum = 0;

			for (unsigned int n = 0; n < SIDE; n++)
				sum += (left[row][n] >> 2) * (right[n][column] >> 5);
			product[row][column] = sum;
		}
	}
	for (unsigned int n = 0; n < SIDE; n++)
		crc = crc16(crc, product[n][n] ^ product[n][SIDE - 1 - n]);
	return crc;
}

enum text_state { START, SIGN, ZERO, DECIMAL, HEX, FRACTION, INVALID, STATES };

static enum text_state next_state(enum text_state state, char c)
{
	bool digit = c >= '0' && c <= '9';
	bool hex = digit || (c >= 'a' && c <= 'f');

	switch (state) {
	case START:
		if (c == '-' || c == '+')
			return SIGN;
		/* fall through */
	case SIGN:
		return c == '0' ? ZERO : digit ? DECIMAL : c == '.' ? FRACTION : INVALID;
	case ZERO:
		return c == 'x' ? HEX : digit ? DECIMAL : c == '.' ? FRACTION : INVALID;
	case DECIMAL:
		return digit ? DECIMAL : c == '.' ? FRACTION : INVALID;
	case HEX:
		return hex ? HEX : INVALID;
	case FRACTION:
		return digit ? FRACTION : INVALID;
	default:
		return INVALID;
	}
}

static uint16_t text_part(uint32_t seed)
{
	uint32_t ends[STATES] = { 0 };
	enum text_state state = START;
	uint16_t crc = seed;

	for (const char *at = text; *at; at++) {
		if (*at == ',') {
			ends[state]++;
			state = START;
		} else {
			state = next_state(state, *at);
		}
	}
	for (unsigned int n = 0; n < STATES; n++)
		crc = crc16(crc, ends[n]);
	return crc;
}

void kernel_prepare(void)
{
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		uint32_t seed = 0x2545f491;

		forget(seed);
		checksum += (uint64_t)list_part(seed) << 32 | (uint32_t)matrix_part(seed) << 16 | text_part(seed);
	}
	return checksum;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	return checksum == rounds * ROUND_CHECKSUM;
}

/* Pointer chase through 8 MiB: one node in each of 2048 pages, in an order that no prefetcher guesses. TLB misses. */
#include "harness.h"

#define ROUNDS 1000

KERNEL(ROUNDS, true);

#define PAGES 2048
#define PAGE_SIZE 4096
#define LINE_SIZE 64

struct node {
	struct node *next;
	uint64_t number;
};

static char pages[PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct node *nodes[PAGES];

/* Links all nodes into one ring in random order (Sattolo's algorithm). */
void kernel_prepare(void)
{
	static uint16_t ring[PAGES];
	uint32_t seed = 0x9e3779b9;

	for (unsigned int n = 0; n < PAGES; n++) {
		unsigned int line = next_random(&seed) % (PAGE_SIZE / LINE_SIZE);

		ring[n] = n;
		nodes[n] = (struct node *)&pages[n][line * LINE_SIZE];
		nodes[n]->number = n;
	}
	for (unsigned int n = PAGES - 1; n > 0; n--) {
		unsigned int other = next_random(&seed) % n;
		uint16_t kept = ring[n];

		ring[n] = ring[other];
		ring[other] = kept;
	}
	for (unsigned int n = 0; n < PAGES; n++)
		nodes[n]->next = nodes[ring[n]];
}

/* One round is once round the ring. */
uint64_t kernel_run(uint64_t rounds)
{
	const struct node *node = nodes[0];
	uint64_t checksum = 0;

	for (uint64_t hops = rounds * PAGES; hops; hops--) {
		checksum += node->number;
		node = node->next;
	}
	return node == nodes[0] ? checksum : 0;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	return checksum == rounds * PAGES * (PAGES - 1) / 2;
}

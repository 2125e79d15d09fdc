/* SHA-256 (FIPS 180-4) of a million letters a, the standard's own long example: shifts, rotates and adds, few branches. */
#include "harness.h"

#define ROUNDS 40

KERNEL(ROUNDS, false);

#define MESSAGE_SIZE 1000000
#define BLOCK_WORDS 16

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t initial_hash[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t expected_hash[8] = {
	0xcdc76e5c, 0x9914fb92, 0x81a1c7e2, 0x84d73e67, 0xf1809a48, 0xa497200e, 0x046d39cc, 0xc7112cd0,
};

/* The padded message as the words of its blocks. */
static uint32_t message[(MESSAGE_SIZE + 9 + 63) / 64 * BLOCK_WORDS];

static inline uint32_t rotate(uint32_t value, unsigned int by)
{
	return value >> by | value << (32 - by);
}

static void add_block(uint32_t hash[8], const uint32_t *block)
{
	uint32_t schedule[64];
	uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
	uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];

	for (unsigned int n = 0; n < BLOCK_WORDS; n++)
		schedule[n] = __builtin_bswap32(block[n]);
	for (unsigned int n = BLOCK_WORDS; n < 64; n++) {
		uint32_t early = schedule[n - 15], late = schedule[n - 2];

		schedule[n] = schedule[n - 16] + schedule[n - 7] +
			      (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) +
			      (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
	}
	for (unsigned int n = 0; n < 64; n++) {
		uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
		uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
		uint32_t first = h + sum1 + ((e & f) ^ (~e & g)) + round_constants[n] + schedule[n];
		uint32_t second = sum0 + ((a & b) ^ (a & c) ^ (b & c));

		h = g;
		g = f;
		f = e;
		e = d + first;
		d = c;
		c = b;
		b = a;
		a = first + second;
	}
	hash[0] += a;
	hash[1] += b;
	hash[2] += c;
	hash[3] += d;
	hash[4] += e;
	hash[5] += f;
	hash[6] += g;
	hash[7] += h;
}

static uint64_t fold(const uint32_t hash[8])
{
	uint64_t folded = 0;

	for (unsigned int n = 0; n < 8; n++)
		folded = folded * 31 + hash[n];
	return folded;
}

void kernel_prepare(void)
{
	unsigned char *bytes = (unsigned char *)message;
	uint64_t bits = MESSAGE_SIZE * 8UL;

	for (size_t n = 0; n < MESSAGE_SIZE; n++)
		bytes[n] = 'a';
	bytes[MESSAGE_SIZE] = 0x80;
	for (size_t n = 0; n < 8; n++)
		bytes[sizeof(message) - 1 - n] = bits >> 8 * n;
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		const uint32_t *block = message, *end = message + sizeof(message) / sizeof(*message);
		uint32_t hash[8];

		for (unsigned int n = 0; n < 8; n++)
			hash[n] = initial_hash[n];
		for (; block < end; block += BLOCK_WORDS)
			add_block(hash, block);
		checksum += fold(hash);
	}
	return checksum;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	return checksum == rounds * fold(expected_hash);
}

/* AES-128 with the cryptographic extension: a block encrypted over and over, and in the end decrypted as often. */
#include <arm_neon.h>
#include "fp.h"

#define ROUNDS 3000

KERNEL(ROUNDS, true);

#define AES_ROUNDS 10
#define BLOCKS 256

/* FIPS 197, appendix C.1. */
static const uint8_t key[16] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
				 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
static const uint8_t plain[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
				   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
static const uint8_t cipher[16] = { 0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
				    0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a };

static uint8x16_t round_keys[AES_ROUNDS + 1], inverse_keys[AES_ROUNDS + 1], result;

/* The S-box applied to each byte: with all columns equal, the turning of rows does not show. */
static uint32_t substitute(uint32_t word)
{
	uint8x16_t bytes = vaeseq_u8(vreinterpretq_u8_u32(vdupq_n_u32(word)), vdupq_n_u8(0));

	return vgetq_lane_u32(vreinterpretq_u32_u8(bytes), 0);
}

void kernel_prepare(void)
{
	uint32_t words[4 * (AES_ROUNDS + 1)];
	uint32_t constant = 1;

	enable_fp();
	for (unsigned int n = 0; n < 4; n++)
		words[n] = key[4 * n] | key[4 * n + 1] << 8 | key[4 * n + 2] << 16 | (uint32_t)key[4 * n + 3] << 24;
	for (unsigned int n = 4; n < 4 * (AES_ROUNDS + 1); n++) {
		uint32_t word = words[n - 1];

		if (n % 4 == 0) {
			word = substitute(word >> 8 | word << 24) ^ constant;
			constant = constant << 1 ^ (constant & 0x80 ? 0x11b : 0);
		}
		words[n] = words[n - 4] ^ word;
	}
	for (unsigned int n = 0; n <= AES_ROUNDS; n++)
		round_keys[n] = vreinterpretq_u8_u32(vld1q_u32(&words[4 * n]));
	inverse_keys[0] = round_keys[AES_ROUNDS];
	for (unsigned int n = 1; n < AES_ROUNDS; n++)
		inverse_keys[n] = vaesimcq_u8(round_keys[AES_ROUNDS - n]);
	inverse_keys[AES_ROUNDS] = round_keys[0];
}

static uint8x16_t encrypt(uint8x16_t block)
{
	for (unsigned int n = 0; n < AES_ROUNDS - 1; n++)
		block = vaesmcq_u8(vaeseq_u8(block, round_keys[n]));
	return veorq_u8(vaeseq_u8(block, round_keys[AES_ROUNDS - 1]), round_keys[AES_ROUNDS]);
}

static uint8x16_t decrypt(uint8x16_t block)
{
	for (unsigned int n = 0; n < AES_ROUNDS - 1; n++)
		block = vaesimcq_u8(vaesdq_u8(block, inverse_keys[n]));
	return veorq_u8(vaesdq_u8(block, inverse_keys[AES_ROUNDS - 1]), inverse_keys[AES_ROUNDS]);
}

uint64_t kernel_run(uint64_t rounds)
{
	result = vld1q_u8(plain);
	for (uint64_t n = 0; n < rounds * BLOCKS; n++)
		result = encrypt(result);
	return vgetq_lane_u64(vreinterpretq_u64_u8(result), 0);
}

static bool same(uint8x16_t a, uint8x16_t b)
{
	return vminvq_u8(vceqq_u8(a, b)) == 0xff;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	uint8x16_t block = result;

	if (vgetq_lane_u64(vreinterpretq_u64_u8(block), 0) != checksum)
		return false;
	for (uint64_t n = 0; n < rounds * BLOCKS; n++)
		block = decrypt(block);
	return same(block, vld1q_u8(plain)) && same(encrypt(block), vld1q_u8(cipher));
}

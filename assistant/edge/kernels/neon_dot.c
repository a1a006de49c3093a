/* 64-bit ARM with the dot product (Pi 5): `sdot`, four outputs by four inputs at a time. */
#if defined(__aarch64__)
#pragma GCC target("arch=armv8.2-a+dotprod")
#include "edge.h"

#include <arm_neon.h>
#include <string.h>

#define RUN edge_run_neon_dot
#define OFFSET 0

#include "neon.h"

/* Four rows of a tile; rows that are not there are computed too and not used. */
static inline __attribute__((always_inline)) const uint8_t *
products_of(const int32_t bits, const uint64_t *bitmap, int32_t words, const uint8_t *blocks,
            const int8_t *tile, sums16 *out) {
    int32x4_t sums[4][4];
    int8x16_t weights[4];
    for (int32_t r = 0; r < 4; r++) {
        for (int32_t q = 0; q < 4; q++) sums[r][q] = vdupq_n_s32(0);
    }
    for (int32_t w = 0; w < words; w++, tile += EDGE_WORD * 64) {
        for (uint64_t left = bitmap[w]; left; left &= left - 1) {
            int8x16_t rows = vld1q_s8(tile + __builtin_ctzll(left) * 64);
            unpack(blocks, bits, weights);
            blocks += 8 * bits;
            for (int32_t q = 0; q < 4; q++) {
                sums[0][q] = vdotq_laneq_s32(sums[0][q], weights[q], rows, 0);
                sums[1][q] = vdotq_laneq_s32(sums[1][q], weights[q], rows, 1);
                sums[2][q] = vdotq_laneq_s32(sums[2][q], weights[q], rows, 2);
                sums[3][q] = vdotq_laneq_s32(sums[3][q], weights[q], rows, 3);
            }
        }
    }
    for (int32_t r = 0; r < 4; r++) {
        for (int32_t q = 0; q < 4; q++) vst1q_s32(out[r] + 4 * q, sums[r][q]);
    }
    return blocks;
}

static const uint8_t *products(int32_t bits, const uint64_t *bitmap, int32_t words,
                               const uint8_t *blocks, const uint8_t *tile, int32_t rows,
                               sums16 *out) {
    const uint8_t *end = blocks;
    const int8_t *inputs = (const int8_t *)tile;
    for (int32_t r = 0; r < rows; r += 4, inputs += 16, out += 4) {
        end = bits == 8 ? products_of(8, bitmap, words, blocks, inputs, out)
                        : products_of(4, bitmap, words, blocks, inputs, out);
    }
    return end;
}

#include "body.h"
#endif

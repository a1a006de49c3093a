/* 64-bit ARM without the dot product (Pi 3, Pi 4, Zero 2 W): `smull`, `smlal`, `sadalp`.
 *
 * Two products of values of at most 127 fit into int16, so two blocks are added before widening. */
#if defined(__aarch64__)
#include "edge.h"

#include <arm_neon.h>
#include <string.h>

#define RUN edge_run_neon
#define OFFSET 0

#include "neon.h"

static inline __attribute__((always_inline)) void
add_blocks(const int32_t rows, const int32_t bits, const int8_t *const *lines,
           const uint8_t *blocks, const int32_t count, int32x4_t (*sums)[8]) {
    int8x16_t weights[2][4];
    for (int32_t b = 0; b < count; b++) unpack(blocks + b * 8 * bits, bits, weights[b]);
    for (int32_t r = 0; r < rows; r++) {
        int8x16_t inputs[2];
        for (int32_t b = 0; b < count; b++) {
            int32_t four;
            memcpy(&four, lines[b] + r * EDGE_DEPTH, 4);
            inputs[b] = vreinterpretq_s8_s32(vdupq_n_s32(four));
        }
        for (int32_t q = 0; q < 4; q++) {
            int16x8_t low = vmull_s8(vget_low_s8(weights[0][q]), vget_low_s8(inputs[0]));
            int16x8_t high = vmull_high_s8(weights[0][q], inputs[0]);
            if (count == 2) {
                low = vmlal_s8(low, vget_low_s8(weights[1][q]), vget_low_s8(inputs[1]));
                high = vmlal_high_s8(high, weights[1][q], inputs[1]);
            }
            sums[r][2 * q] = vpadalq_s16(sums[r][2 * q], low);
            sums[r][2 * q + 1] = vpadalq_s16(sums[r][2 * q + 1], high);
        }
    }
}

static inline __attribute__((always_inline)) const uint8_t *
products_of(const int32_t rows, const int32_t bits, const uint64_t *bitmap, int32_t words,
            const uint8_t *blocks, const int8_t *tile, sums16 *out) {
    int32x4_t sums[2][8];
    const int8_t *lines[2];
    int32_t waiting = 0;
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t q = 0; q < 8; q++) sums[r][q] = vdupq_n_s32(0);
    }
    for (int32_t w = 0; w < words; w++, tile += EDGE_WORD * 64) {
        for (uint64_t left = bitmap[w]; left; left &= left - 1) {
            lines[waiting++] = tile + __builtin_ctzll(left) * 64;
            if (waiting < 2) continue;
            add_blocks(rows, bits, lines, blocks, 2, sums);
            blocks += 16 * bits;
            waiting = 0;
        }
    }
    if (waiting) {
        add_blocks(rows, bits, lines, blocks, 1, sums);
        blocks += 8 * bits;
    }
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t q = 0; q < 4; q++) {
            vst1q_s32(out[r] + 4 * q, vpaddq_s32(sums[r][2 * q], sums[r][2 * q + 1]));
        }
    }
    return blocks;
}

static const uint8_t *products(int32_t bits, const uint64_t *bitmap, int32_t words,
                               const uint8_t *blocks, const uint8_t *tile, int32_t rows,
                               sums16 *out) {
    const uint8_t *end = blocks;
    const int8_t *inputs = (const int8_t *)tile;
    for (int32_t r = 0; r < rows; r += 2, inputs += 8, out += 2) {
        if (rows - r > 1) {
            end = bits == 8 ? products_of(2, 8, bitmap, words, blocks, inputs, out)
                            : products_of(2, 4, bitmap, words, blocks, inputs, out);
        } else {
            end = bits == 8 ? products_of(1, 8, bitmap, words, blocks, inputs, out)
                            : products_of(1, 4, bitmap, words, blocks, inputs, out);
        }
    }
    return end;
}

#include "body.h"
#endif

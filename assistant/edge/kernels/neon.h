/* What both NEON levels share; included after <arm_neon.h>. */

static void lay(const int8_t *row, int32_t inputs, int32_t at, uint8_t *tile) {
    for (int32_t k = 0; k < inputs; k += EDGE_DEPTH) {
        memcpy(tile + (int64_t)k * EDGE_TILE + at * EDGE_DEPTH, row + k, 4);
    }
}

/* A block as int8, four outputs by four inputs a vector. */
static inline __attribute__((always_inline)) void unpack(const uint8_t *block, int32_t bits,
                                                         int8x16_t *out) {
    if (bits == 8) {
        for (int32_t q = 0; q < 4; q++) out[q] = vld1q_s8((const int8_t *)block + 16 * q);
        return;
    }
    for (int32_t q = 0; q < 2; q++) {
        uint8x16_t both = vld1q_u8(block + 16 * q);
        out[q] = vsubq_s8(vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(15))), vdupq_n_s8(8));
        out[q + 2] = vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), vdupq_n_s8(8));
    }
}

static inline __attribute__((always_inline)) void
rows16(const int32_t count, const int16_t *rows, int32_t depth, const int16_t *tile, sums16 *out) {
    int32x4_t sums[4][4];
    for (int32_t i = 0; i < count; i++) {
        for (int32_t q = 0; q < 4; q++) sums[i][q] = vdupq_n_s32(0);
    }
    for (int32_t k = 0; k < depth; k += 2) {
        int16x8x2_t low = vld2q_s16(tile + k * EDGE_TILE);
        int16x8x2_t high = vld2q_s16(tile + k * EDGE_TILE + 16);
        for (int32_t i = 0; i < count; i++) {
            for (int32_t odd = 0; odd < 2; odd++) {
                int16_t factor = rows[(int64_t)i * depth + k + odd];
                sums[i][0] = vmlal_n_s16(sums[i][0], vget_low_s16(low.val[odd]), factor);
                sums[i][1] = vmlal_high_n_s16(sums[i][1], low.val[odd], factor);
                sums[i][2] = vmlal_n_s16(sums[i][2], vget_low_s16(high.val[odd]), factor);
                sums[i][3] = vmlal_high_n_s16(sums[i][3], high.val[odd], factor);
            }
        }
    }
    for (int32_t i = 0; i < count; i++) {
        for (int32_t q = 0; q < 4; q++) vst1q_s32(out[i] + 4 * q, sums[i][q]);
    }
}

static void products16(const int16_t *rows, int32_t count, int32_t depth, const int16_t *tile,
                       sums16 *out) {
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) rows16(4, rows + (int64_t)i * depth, depth, tile, out + i);
    for (; i < count; i++) rows16(1, rows + (int64_t)i * depth, depth, tile, out + i);
}

/* Any machine: what the other levels do, in plain C. */
#include "edge.h"

#define RUN edge_run_portable
#define OFFSET 0

static void lay(const int8_t *row, int32_t inputs, int32_t at, uint8_t *tile) {
    for (int32_t k = 0; k < inputs; k++) {
        tile[(k / EDGE_DEPTH * EDGE_TILE + at) * EDGE_DEPTH + k % EDGE_DEPTH] = (uint8_t)row[k];
    }
}

static void unpack(const uint8_t *block, int32_t bits, int8_t *out) {
    for (int32_t i = 0; i < 64; i++) {
        if (bits == 8) {
            out[i] = (int8_t)block[i];
        } else {
            out[i] = (int8_t)((i < 32 ? block[i] & 15 : block[i - 32] >> 4) - 8);
        }
    }
}

static const uint8_t *products(int32_t bits, const uint64_t *bitmap, int32_t words,
                               const uint8_t *blocks, const uint8_t *tile, int32_t rows,
                               sums16 *out) {
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t i = 0; i < EDGE_LANES; i++) out[r][i] = 0;
    }
    for (int32_t w = 0; w < words; w++) {
        for (int32_t b = 0; b < EDGE_WORD; b++) {
            if (!(bitmap[w] >> b & 1)) continue;
            const int8_t *line = (const int8_t *)tile + (w * EDGE_WORD + b) * 64;
            int8_t weights[64];
            unpack(blocks, bits, weights);
            blocks += 8 * bits;
            for (int32_t r = 0; r < rows; r++) {
                for (int32_t i = 0; i < EDGE_LANES; i++) {
                    for (int32_t k = 0; k < EDGE_DEPTH; k++) {
                        out[r][i] += weights[i * EDGE_DEPTH + k] * line[r * EDGE_DEPTH + k];
                    }
                }
            }
        }
    }
    return blocks;
}

static void products16(const int16_t *rows, int32_t count, int32_t depth, const int16_t *tile,
                       sums16 *out) {
    for (int32_t i = 0; i < count; i++) {
        for (int32_t r = 0; r < EDGE_TILE; r++) out[i][r] = 0;
        for (int32_t k = 0; k < depth; k++) {
            const int16_t *line = tile + k / 2 * EDGE_TILE * 2 + k % 2;
            for (int32_t r = 0; r < EDGE_TILE; r++) {
                out[i][r] += rows[(int64_t)i * depth + k] * line[2 * r];
            }
        }
    }
}

#include "body.h"

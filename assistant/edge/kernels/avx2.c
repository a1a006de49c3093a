/* x86 with AVX2: widened to int16, `vpmaddwd`, which cannot overflow as `vpmaddubsw` can. */
#if defined(__x86_64__)
#pragma GCC target("avx2")
#include "edge.h"

#include <immintrin.h>
#include <string.h>

#define RUN edge_run_avx2
#define OFFSET 0

/* Tiles hold int16: [inputs / 4][16 rows][4 inputs], 128 bytes for a block. */
static void lay(const int8_t *row, int32_t inputs, int32_t at, uint8_t *tile) {
    for (int32_t k = 0; k < inputs; k += EDGE_DEPTH) {
        int16_t four[EDGE_DEPTH];
        for (int32_t i = 0; i < EDGE_DEPTH; i++) four[i] = row[k + i];
        memcpy(tile + ((int64_t)k * EDGE_TILE + at * EDGE_DEPTH) * 2, four, 8);
    }
}

/* A block as int16, four outputs a vector. */
static inline __attribute__((always_inline)) void unpack(const uint8_t *block, int32_t bits,
                                                         __m256i *out) {
    for (int32_t q = 0; q < 4; q++) {
        __m128i part = _mm_loadu_si128((const __m128i *)(block + (bits == 8 ? q : q % 2) * 16));
        if (bits == 4) {
            part = _mm_and_si128(q < 2 ? part : _mm_srli_epi16(part, 4), _mm_set1_epi8(15));
            part = _mm_sub_epi8(part, _mm_set1_epi8(8));
        }
        out[q] = _mm256_cvtepi8_epi16(part);
    }
}

static inline __m256i paired(__m256i first, __m256i second) {
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second), _MM_SHUFFLE(3, 1, 2, 0));
}

static inline __attribute__((always_inline)) const uint8_t *
products_of(const int32_t rows, const int32_t bits, const uint64_t *bitmap, int32_t words,
            const uint8_t *blocks, const uint8_t *tile, sums16 *out) {
    __m256i sums[2][4], weights[4];
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t q = 0; q < 4; q++) sums[r][q] = _mm256_setzero_si256();
    }
    for (int32_t w = 0; w < words; w++, tile += EDGE_WORD * 128) {
        for (uint64_t left = bitmap[w]; left; left &= left - 1) {
            const uint8_t *line = tile + __builtin_ctzll(left) * 128;
            unpack(blocks, bits, weights);
            blocks += 8 * bits;
            for (int32_t r = 0; r < rows; r++) {
                int64_t four;
                memcpy(&four, line + r * 8, 8);
                __m256i inputs = _mm256_set1_epi64x(four);
                for (int32_t q = 0; q < 4; q++) {
                    sums[r][q] = _mm256_add_epi32(sums[r][q],
                                                  _mm256_madd_epi16(weights[q], inputs));
                }
            }
        }
    }
    for (int32_t r = 0; r < rows; r++) {
        _mm256_storeu_si256((__m256i *)out[r], paired(sums[r][0], sums[r][1]));
        _mm256_storeu_si256((__m256i *)(out[r] + 8), paired(sums[r][2], sums[r][3]));
    }
    return blocks;
}

static const uint8_t *products(int32_t bits, const uint64_t *bitmap, int32_t words,
                               const uint8_t *blocks, const uint8_t *tile, int32_t rows,
                               sums16 *out) {
    const uint8_t *end = blocks;
    for (int32_t r = 0; r < rows; r += 2, tile += 16, out += 2) {
        if (rows - r > 1) {
            end = bits == 8 ? products_of(2, 8, bitmap, words, blocks, tile, out)
                            : products_of(2, 4, bitmap, words, blocks, tile, out);
        } else {
            end = bits == 8 ? products_of(1, 8, bitmap, words, blocks, tile, out)
                            : products_of(1, 4, bitmap, words, blocks, tile, out);
        }
    }
    return end;
}

static inline __attribute__((always_inline)) void
rows16(const int32_t count, const int16_t *rows, int32_t depth, const int16_t *tile, sums16 *out) {
    __m256i sums[4][2];
    for (int32_t i = 0; i < count; i++) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
    for (int32_t k = 0; k < depth; k += 2) {
        const __m256i *line = (const __m256i *)(tile + k * EDGE_TILE);
        __m256i low = _mm256_loadu_si256(line), high = _mm256_loadu_si256(line + 1);
        for (int32_t i = 0; i < count; i++) {
            int32_t two;
            memcpy(&two, rows + (int64_t)i * depth + k, 4);
            __m256i both = _mm256_set1_epi32(two);
            sums[i][0] = _mm256_add_epi32(sums[i][0], _mm256_madd_epi16(low, both));
            sums[i][1] = _mm256_add_epi32(sums[i][1], _mm256_madd_epi16(high, both));
        }
    }
    for (int32_t i = 0; i < count; i++) {
        _mm256_storeu_si256((__m256i *)out[i], sums[i][0]);
        _mm256_storeu_si256((__m256i *)(out[i] + 8), sums[i][1]);
    }
}

static void products16(const int16_t *rows, int32_t count, int32_t depth, const int16_t *tile,
                       sums16 *out) {
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) rows16(4, rows + (int64_t)i * depth, depth, tile, out + i);
    for (; i < count; i++) rows16(1, rows + (int64_t)i * depth, depth, tile, out + i);
}

#include "body.h"
#endif

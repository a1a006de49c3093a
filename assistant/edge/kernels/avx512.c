/* x86 with AVX-512 VNNI: `vpdpbusd` on a whole block, one accumulator for each row of a tile. */
#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,prefer-vector-width=512")
#include "edge.h"

#include <immintrin.h>
#include <string.h>

#define RUN edge_run_avx512_vnni
/* The instruction wants unsigned times signed: activations get 128 more. */
#define OFFSET 128

static void lay(const int8_t *row, int32_t inputs, int32_t at, uint8_t *tile) {
    for (int32_t k = 0; k < inputs; k += EDGE_DEPTH) {
        uint32_t four;
        memcpy(&four, row + k, 4);
        four ^= 0x80808080u;
        memcpy(tile + (int64_t)k * EDGE_TILE + at * EDGE_DEPTH, &four, 4);
    }
}

static inline __attribute__((always_inline)) __m512i unpacked(const uint8_t *block, int32_t bits) {
    if (bits == 8) return _mm512_loadu_si512(block);
    __m256i both = _mm256_loadu_si256((const __m256i *)block), low = _mm256_set1_epi8(15);
    __m512i halves = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_and_si256(both, low)),
        _mm256_and_si256(_mm256_srli_epi16(both, 4), low), 1);
    return _mm512_sub_epi8(halves, _mm512_set1_epi8(8));
}

static inline __attribute__((always_inline)) const uint8_t *
products_of(const int32_t rows, const int32_t bits, const uint64_t *bitmap, int32_t words,
            const uint8_t *blocks, const uint8_t *tile, sums16 *out) {
    __m512i sums[EDGE_TILE];
#pragma GCC unroll 16
    for (int32_t r = 0; r < rows; r++) sums[r] = _mm512_setzero_si512();
    for (int32_t w = 0; w < words; w++, tile += EDGE_WORD * 64) {
        for (uint64_t left = bitmap[w]; left; left &= left - 1) {
            const uint8_t *line = tile + __builtin_ctzll(left) * 64;
            __m512i weights = unpacked(blocks, bits);
            blocks += 8 * bits;
#pragma GCC unroll 16
            for (int32_t r = 0; r < rows; r++) {
                int32_t four;
                memcpy(&four, line + r * EDGE_DEPTH, 4);
                sums[r] = _mm512_dpbusd_epi32(sums[r], _mm512_set1_epi32(four), weights);
            }
        }
    }
#pragma GCC unroll 16
    for (int32_t r = 0; r < rows; r++) _mm512_store_si512(out[r], sums[r]);
    return blocks;
}

#define CASE(n)                                                                            \
    case n:                                                                                \
        return bits == 8 ? products_of(n, 8, bitmap, words, blocks, tile, out)             \
                         : products_of(n, 4, bitmap, words, blocks, tile, out);

static const uint8_t *products(int32_t bits, const uint64_t *bitmap, int32_t words,
                               const uint8_t *blocks, const uint8_t *tile, int32_t rows,
                               sums16 *out) {
    switch (rows) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
        CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15)
    default:
        CASE(16)
    }
}

static inline __attribute__((always_inline)) void
rows16(const int32_t count, const int16_t *rows, int32_t depth, const int16_t *tile, sums16 *out) {
    __m512i sums[8];
#pragma GCC unroll 8
    for (int32_t i = 0; i < count; i++) sums[i] = _mm512_setzero_si512();
    for (int32_t k = 0; k < depth; k += 2) {
        __m512i line = _mm512_loadu_si512(tile + k * EDGE_TILE);
#pragma GCC unroll 8
        for (int32_t i = 0; i < count; i++) {
            int32_t two;
            memcpy(&two, rows + (int64_t)i * depth + k, 4);
            sums[i] = _mm512_dpwssd_epi32(sums[i], line, _mm512_set1_epi32(two));
        }
    }
#pragma GCC unroll 8
    for (int32_t i = 0; i < count; i++) _mm512_storeu_si512(out[i], sums[i]);
}

static void products16(const int16_t *rows, int32_t count, int32_t depth, const int16_t *tile,
                       sums16 *out) {
    int32_t i = 0;
    for (; i + 8 <= count; i += 8) rows16(8, rows + (int64_t)i * depth, depth, tile, out + i);
    for (; i < count; i++) rows16(1, rows + (int64_t)i * depth, depth, tile, out + i);
}

#include "body.h"
#endif

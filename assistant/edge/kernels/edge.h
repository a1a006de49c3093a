/* The kernels of the edge runtime: plain C, no Python headers, loaded with ctypes.
 *
 * A program is an array of steps that work on one arena of floats. `reference.py` executes the same
 * program in NumPy; both give the same bits. For that no product and sum of floats may be fused
 * (-ffp-contract=off), sums of floats have a fixed order, and everything else that is summed is an
 * integer.
 */
#ifndef HEARTH_EDGE_H
#define HEARTH_EDGE_H

#include <stdint.h>

enum { EDGE_ABI = 2, EDGE_TILE = 16, EDGE_LANES = 16, EDGE_DEPTH = 4, EDGE_WORD = 64 };

enum edge_operation { EDGE_LINEAR, EDGE_NORM, EDGE_ATTEND, EDGE_JOIN };
enum edge_activation { EDGE_NONE, EDGE_GELU, EDGE_RELU };
enum edge_level { EDGE_PORTABLE, EDGE_AVX2, EDGE_AVX512_VNNI, EDGE_NEON, EDGE_NEON_DOT, EDGE_LEVELS };

/* One step. Offsets and strides count floats of the arena; a residual of -1 is none.
 *   LINEAR: target[r] = act(source[r] x matrix + bias) + residual[r]
 *   NORM:   target[r] = layer norm of source[r], `scales` and `bias` of `inputs` floats
 *   ATTEND: target[r] = attention of the query at source[r] to all keys; `inputs` is the width,
 *           key and value stand behind the query and are put into the memory first
 *   JOIN:   target[r] = tanh(source[r] + residual[r])
 */
typedef struct {
    int32_t operation, rows, inputs, outputs, bits, activation;
    int32_t source, stride, target, target_stride, residual, residual_stride;
    int32_t heads, layer, words, spare;
    const float *scales, *bias;
    const int32_t *sums;
    const uint64_t *bitmap;
    const uint8_t *blocks;
} edge_step;

/* Keys and values of a stream: `past` steps are filled, all `steps` are after the program.
 * keys [layers, steps, width], values [layers, width, steps], scales [layers, steps, heads]. */
typedef struct {
    int32_t steps, past, width, heads;
    int8_t *keys, *values;
    float *key_scales, *value_scales;
} edge_memory;

typedef int32_t sums16[EDGE_LANES];

/* The EDGE_ABI that the library was built with. */
int32_t edge_abi(void);
/* Whether this machine can run a level, and the best one that it can. */
int32_t edge_supported(int32_t level);
int32_t edge_best(void);
/* Bytes of scratch memory that a program needs when it attends to `steps` keys. */
int64_t edge_scratch(const edge_step *program, int32_t count, int32_t steps);
/* Execute a program; `scratch` is aligned to 64 bytes, `memory` may be NULL without ATTEND.
 * Returns 0, or -1 for a level that this machine does not have. */
int32_t edge_run(int32_t level, const edge_step *program, int32_t count, float *arena,
                 const edge_memory *memory, void *scratch);

/* The same for each level; NULL memory as above. */
typedef void edge_runner(const edge_step *program, int32_t count, float *arena,
                         const edge_memory *memory, uint8_t *scratch);
edge_runner edge_run_portable;
#if defined(__x86_64__)
edge_runner edge_run_avx2, edge_run_avx512_vnni;
#elif defined(__aarch64__)
edge_runner edge_run_neon, edge_run_neon_dot;
#endif

#endif

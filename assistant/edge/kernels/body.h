/* The program's operations, compiled once for each level.
 *
 * Before it is included, a level defines
 *   RUN             the name of its edge_runner,
 *   OFFSET          what its activations are stored with on top (128 when they are unsigned),
 *   lay             int8 activations of one row into a tile,
 *   products        a tile times the stored blocks of 16 outputs, in int32,
 *   products16      int16 rows times an int16 tile, in int32.
 * A tile is 16 rows side by side, [inputs / 4][16 rows][4 inputs]: one block needs one line of it.
 */
#include "arithmetic.h"
#include "edge.h"

#include <math.h>

enum { MOST_DIM = 1024 };

INLINE int64_t aligned_bytes(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/* The largest size among `count` floats. */
INLINE float largest(const float *x, int32_t count) {
    floats most = {0};
    int32_t i = 0;
    for (; i + 16 <= count; i += 16) most = larger(most, size_of(load(x + i)));
    if (i < count) most = larger(most, size_of(load_some(x + i, count - i)));
    float top = 0.0f;
    for (i = 0; i < 16; i++) top = most[i] > top ? most[i] : top;
    return top;
}

/* x to whole numbers of at most 127; returns the scale that brings them back. */
INLINE float quantised8(const float *x, int32_t count, int8_t *out) {
    float most = largest(x, count), inverse = most > 0.0f ? 127.0f / most : 0.0f;
    int32_t i = 0;
    for (; i + 16 <= count; i += 16) {
        bytes values = __builtin_convertvector(to_integers(load(x + i) * inverse), bytes);
        memcpy(out + i, &values, 16);
    }
    if (i < count) {
        floats some = load_some(x + i, count - i) * inverse;
        bytes values = __builtin_convertvector(to_integers(some), bytes);
        memcpy(out + i, &values, (size_t)(count - i));
    }
    return most / 127.0f;
}

INLINE void finish(const edge_step *step, const int32_t *sums, float scale, int32_t first,
                   const float *residual, float *out) {
    integers product, weights;
    memcpy(&product, sums, sizeof product);
    memcpy(&weights, step->sums + first, sizeof weights);
    floats y = to_floats(product - OFFSET * weights) * (scale * load(step->scales + first)) +
               load(step->bias + first);
    if (step->activation == EDGE_GELU) {
        y = gelu(y);
    } else if (step->activation == EDGE_RELU) {
        y = larger(y, (floats){0});
    }
    int32_t count = step->outputs - first;
    if (count >= EDGE_LANES) {
        store(out, residual ? y + load(residual) : y);
    } else {
        if (residual) y = y + load_some(residual, count);
        memcpy(out, &y, (size_t)count * sizeof(float));
    }
}

static void linear(const edge_step *step, float *arena, uint8_t *scratch) {
    int8_t *row = (int8_t *)scratch;
    uint8_t *tile = scratch + aligned_bytes(step->inputs);
    for (int32_t first = 0; first < step->rows; first += EDGE_TILE) {
        int32_t rows = step->rows - first < EDGE_TILE ? step->rows - first : EDGE_TILE;
        float scales[EDGE_TILE];
        for (int32_t r = 0; r < rows; r++) {
            const float *x = arena + step->source + (int64_t)(first + r) * step->stride;
            scales[r] = quantised8(x, step->inputs, row);
            lay(row, step->inputs, r, tile);
        }
        const uint8_t *blocks = step->blocks;
        const uint64_t *bitmap = step->bitmap;
        for (int32_t output = 0; output < step->outputs; output += EDGE_LANES) {
            sums16 sums[EDGE_TILE] __attribute__((aligned(64)));
            blocks = products(step->bits, bitmap, step->words, blocks, tile, rows, sums);
            bitmap += step->words;
            for (int32_t r = 0; r < rows; r++) {
                int64_t at = first + r;
                const float *residual = step->residual < 0 ? NULL
                    : arena + step->residual + at * step->residual_stride + output;
                finish(step, sums[r], scales[r], output, residual,
                       arena + step->target + at * step->target_stride + output);
            }
        }
    }
}

/* Sums in 16 lanes, which are then halved: an order that does not depend on the machine. */
INLINE float halved(floats lanes) {
    float sums[16];
    store(sums, lanes);
    for (int32_t half = 8; half; half /= 2) {
        for (int32_t j = 0; j < half; j++) sums[j] = sums[j] + sums[j + half];
    }
    return sums[0];
}

static void norm(const edge_step *step, float *arena) {
    int32_t width = step->inputs;
    float share = 1.0f / (float)width;
    for (int32_t r = 0; r < step->rows; r++) {
        const float *x = arena + step->source + (int64_t)r * step->stride;
        float *y = arena + step->target + (int64_t)r * step->target_stride;
        floats lanes = {0};
        for (int32_t i = 0; i < width; i += 16) lanes = lanes + load(x + i);
        float mean = halved(lanes) * share;
        lanes = (floats){0};
        for (int32_t i = 0; i < width; i += 16) {
            floats off = load(x + i) - mean;
            lanes = lanes + off * off;
        }
        float factor = 1.0f / sqrtf(halved(lanes) * share + 1e-5f);
        for (int32_t i = 0; i < width; i += 16) {
            floats unit = (load(x + i) - mean) * factor;
            store(y + i, unit * load(step->scales + i) + load(step->bias + i));
        }
    }
}

/* Where attention keeps one head's numbers, in the scratch memory. */
typedef struct {
    int16_t *query, *keys, *values, *weights; /* [d/2][16][2], [keys][d], [d][even], [even/2][16][2] */
    int32_t *scores, *mixed;                  /* [keys][16], [d][16] */
    float *shares;                            /* [keys][16] */
    int32_t steps, even, dim;
} head_work;

INLINE head_work head_parts(uint8_t *scratch, int32_t steps, int32_t dim) {
    int64_t even = (steps + 1) / 2 * 2;
    head_work work = {.steps = steps, .even = (int32_t)even, .dim = dim};
    work.query = (int16_t *)scratch;
    scratch += aligned_bytes((int64_t)dim * EDGE_TILE * 2);
    work.keys = (int16_t *)scratch;
    scratch += aligned_bytes(even * dim * 2);
    work.values = (int16_t *)scratch;
    scratch += aligned_bytes(even * dim * 2);
    work.scores = (int32_t *)scratch;
    scratch += aligned_bytes(even * EDGE_TILE * 4);
    work.shares = (float *)scratch;
    scratch += aligned_bytes(even * EDGE_TILE * 4);
    work.weights = (int16_t *)scratch;
    scratch += aligned_bytes(even * EDGE_TILE * 2);
    work.mixed = (int32_t *)scratch;
    return work;
}

static void remember(const edge_step *step, const float *arena, const edge_memory *memory) {
    int32_t width = step->inputs, dim = width / step->heads, steps = memory->steps;
    int8_t *keys = memory->keys + (int64_t)step->layer * steps * width;
    int8_t *values = memory->values + (int64_t)step->layer * steps * width;
    float *key_scales = memory->key_scales + (int64_t)step->layer * steps * step->heads;
    float *value_scales = memory->value_scales + (int64_t)step->layer * steps * step->heads;
    for (int32_t r = 0; r < step->rows; r++) {
        const float *x = arena + step->source + (int64_t)r * step->stride;
        int64_t at = memory->past + r;
        for (int32_t h = 0; h < step->heads; h++) {
            const float *key = x + width + h * dim, *value = x + 2 * width + h * dim;
            int8_t row[MOST_DIM];
            key_scales[at * step->heads + h] = quantised8(key, dim, keys + at * width + h * dim);
            value_scales[at * step->heads + h] = quantised8(value, dim, row);
            for (int32_t d = 0; d < dim; d++) values[(int64_t)(h * dim + d) * steps + at] = row[d];
        }
    }
}

INLINE void widen_row(const int8_t *x, int32_t count, int16_t *out) {
    int32_t i = 0;
    for (; i + 16 <= count; i += 16) {
        bytes narrow;
        memcpy(&narrow, x + i, 16);
        shorts wide = __builtin_convertvector(narrow, shorts);
        memcpy(out + i, &wide, sizeof wide);
    }
    for (; i < count; i++) out[i] = x[i];
}

static void widen(const head_work *work, const int8_t *keys, const int8_t *values, int32_t width) {
    for (int32_t j = 0; j < work->steps; j++) {
        widen_row(keys + (int64_t)j * width, work->dim, work->keys + (int64_t)j * work->dim);
    }
    for (int32_t d = 0; d < work->dim; d++) {
        int16_t *row = work->values + (int64_t)d * work->even;
        widen_row(values + (int64_t)d * work->steps, work->steps, row);
        if (work->even > work->steps) row[work->steps] = 0;
    }
}

/* Query rows of one head as int16; `scales[r]` has the 1 / sqrt(dim) of attention in it. */
static void lay_queries(const head_work *work, const float *x, int32_t stride, int32_t rows,
                        float *scales) {
    float root = 1.0f / sqrtf((float)work->dim);
    for (int32_t r = 0; r < EDGE_TILE; r++) {
        int16_t row[MOST_DIM] = {0};
        float most = 0.0f;
        if (r < rows) {
            const float *query = x + (int64_t)r * stride;
            most = largest(query, work->dim);
            float inverse = most > 0.0f ? 32767.0f / most : 0.0f;
            for (int32_t d = 0; d < work->dim; d += 16) {
                int32_t left = work->dim - d;
                floats part = left < 16 ? load_some(query + d, left) : load(query + d);
                shorts values = __builtin_convertvector(to_integers(part * inverse), shorts);
                memcpy(row + d, &values, sizeof values);
            }
        }
        scales[r] = (most / 32767.0f) * root;
        for (int32_t d = 0; d < work->dim; d += 2) {
            memcpy(work->query + (d / 2 * EDGE_TILE + r) * 2, row + d, 4);
        }
    }
}

/* Scores to weights of the values, as int16; returns what brings the mixture back to floats. */
static floats softmax(const head_work *work, floats query_scales, const float *key_scales,
                      const float *value_scales, int32_t heads) {
    floats top = all(-INFINITY), most = {0};
    integers total = {0};
    for (int32_t j = 0; j < work->steps; j++) {
        integers score;
        memcpy(&score, work->scores + (int64_t)j * EDGE_TILE, sizeof score);
        floats share = to_floats(score) * (query_scales * key_scales[(int64_t)j * heads]);
        top = larger(top, share);
        store(work->shares + (int64_t)j * EDGE_TILE, share);
    }
    for (int32_t j = 0; j < work->steps; j++) {
        floats e = exponential(load(work->shares + (int64_t)j * EDGE_TILE) - top);
        total += to_integers(e * 1048576.0f);
        e = e * value_scales[(int64_t)j * heads];
        most = larger(most, e);
        store(work->shares + (int64_t)j * EDGE_TILE, e);
    }
    floats inverse = (floats)((most > 0.0f) & (integers)(32767.0f / most));
    for (int32_t j = 0; j < work->even; j += 2) {
        const float *share = work->shares + (int64_t)j * EDGE_TILE;
        integers pair = to_integers(load(share) * inverse) & 0xFFFF;
        if (j + 1 < work->steps) pair |= to_integers(load(share + EDGE_TILE) * inverse) << 16;
        memcpy(work->weights + (int64_t)j * EDGE_TILE, &pair, sizeof pair);
    }
    return (most / 32767.0f) / (to_floats(total) * 9.5367431640625e-07f);
}

static void attend(const edge_step *step, float *arena, const edge_memory *memory,
                   uint8_t *scratch) {
    int32_t width = step->inputs, dim = width / step->heads, steps = memory->steps;
    int64_t layer = (int64_t)step->layer * steps;
    head_work work = head_parts(scratch, memory->past + step->rows, dim);
    remember(step, arena, memory);
    for (int32_t h = 0; h < step->heads; h++) {
        widen(&work, memory->keys + layer * width + h * dim,
              memory->values + (layer * width + (int64_t)h * dim * steps), width);
        for (int32_t first = 0; first < step->rows; first += EDGE_TILE) {
            int32_t rows = step->rows - first < EDGE_TILE ? step->rows - first : EDGE_TILE;
            float scales[EDGE_TILE];
            lay_queries(&work, arena + step->source + (int64_t)first * step->stride + h * dim,
                        step->stride, rows, scales);
            products16(work.keys, work.steps, work.dim, work.query, (sums16 *)work.scores);
            floats back = softmax(&work, load(scales), memory->key_scales + layer * step->heads + h,
                                  memory->value_scales + layer * step->heads + h, step->heads);
            products16(work.values, work.dim, work.even, work.weights, (sums16 *)work.mixed);
            for (int32_t d = 0; d < dim; d++) {
                integers mixed;
                memcpy(&mixed, work.mixed + d * EDGE_TILE, sizeof mixed);
                floats column = to_floats(mixed) * back;
                float *out = arena + step->target + (int64_t)first * step->target_stride + h * dim + d;
                for (int32_t r = 0; r < rows; r++) out[(int64_t)r * step->target_stride] = column[r];
            }
        }
    }
}

static void join(const edge_step *step, float *arena) {
    for (int32_t r = 0; r < step->rows; r++) {
        const float *encoded = arena + step->residual + (int64_t)r * step->residual_stride;
        const float *x = arena + step->source + (int64_t)r * step->stride;
        float *y = arena + step->target + (int64_t)r * step->target_stride;
        int32_t i = 0, left = step->inputs % 16;
        for (; i + 16 <= step->inputs; i += 16) {
            store(y + i, hyperbolic_tangent(load(x + i) + load(encoded + i)));
        }
        if (left) {
            floats last = hyperbolic_tangent(load_some(x + i, left) + load_some(encoded + i, left));
            memcpy(y + i, &last, (size_t)left * sizeof(float));
        }
    }
}

void RUN(const edge_step *program, int32_t count, float *arena, const edge_memory *memory,
         uint8_t *scratch) {
    for (int32_t i = 0; i < count; i++) {
        switch (program[i].operation) {
        case EDGE_LINEAR:
            linear(&program[i], arena, scratch);
            break;
        case EDGE_NORM:
            norm(&program[i], arena);
            break;
        case EDGE_ATTEND:
            attend(&program[i], arena, memory, scratch);
            break;
        default:
            join(&program[i], arena);
        }
    }
}

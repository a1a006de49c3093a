/* Which kernels this machine can run, and the calls from outside. */
#include "edge.h"

#include <stddef.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define EXPORT __attribute__((visibility("default")))

EXPORT int32_t edge_abi(void) { return EDGE_ABI; }

EXPORT int32_t edge_supported(int32_t level) {
    switch (level) {
    case EDGE_PORTABLE:
        return 1;
#if defined(__x86_64__)
    case EDGE_AVX2:
        return __builtin_cpu_supports("avx2") != 0;
    case EDGE_AVX512_VNNI:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
    case EDGE_NEON:
        return 1;
    case EDGE_NEON_DOT:
#if defined(__linux__)
        return (getauxval(AT_HWCAP) >> 20 & 1) != 0; /* HWCAP_ASIMDDP */
#elif defined(__APPLE__)
        return 1;
#else
        return 0;
#endif
#endif
    default:
        return 0;
    }
}

EXPORT int32_t edge_best(void) {
    int32_t level = EDGE_LEVELS - 1;
    while (!edge_supported(level)) level--;
    return level;
}

static int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

EXPORT int64_t edge_scratch(const edge_step *program, int32_t count, int32_t steps) {
    int64_t most = 0, even = (steps + 1) / 2 * 2;
    for (int32_t i = 0; i < count; i++) {
        const edge_step *step = &program[i];
        int64_t bytes = 0;
        if (step->operation == EDGE_LINEAR) {
            bytes = aligned(step->inputs) + aligned((int64_t)step->inputs * EDGE_TILE * 2);
        } else if (step->operation == EDGE_ATTEND) {
            int64_t dim = step->inputs / step->heads;
            bytes = aligned(dim * EDGE_TILE * 2) + 2 * aligned(even * dim * 2) +
                    2 * aligned(even * EDGE_TILE * 4) + aligned(even * EDGE_TILE * 2) +
                    aligned(dim * EDGE_TILE * 4);
        }
        if (bytes > most) most = bytes;
    }
    return most;
}

EXPORT int32_t edge_run(int32_t level, const edge_step *program, int32_t count, float *arena,
                        const edge_memory *memory, void *scratch) {
    edge_runner *run = NULL;
    if (!edge_supported(level)) return -1;
    switch (level) {
#if defined(__x86_64__)
    case EDGE_AVX2:
        run = edge_run_avx2;
        break;
    case EDGE_AVX512_VNNI:
        run = edge_run_avx512_vnni;
        break;
#elif defined(__aarch64__)
    case EDGE_NEON:
        run = edge_run_neon;
        break;
    case EDGE_NEON_DOT:
        run = edge_run_neon_dot;
        break;
#endif
    default:
        run = edge_run_portable;
    }
    run(program, count, arena, memory, scratch);
    return 0;
}

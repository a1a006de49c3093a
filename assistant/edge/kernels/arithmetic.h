/* Functions of sixteen floats that NumPy can follow bit by bit: sums, products, quotients, roots.
 *
 * The vectors are the compiler's own; it makes one AVX-512 register, two of AVX2 or four of NEON
 * out of each.
 */
#ifndef HEARTH_ARITHMETIC_H
#define HEARTH_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef float floats __attribute__((vector_size(64)));
typedef int32_t integers __attribute__((vector_size(64)));
typedef int16_t shorts __attribute__((vector_size(32)));
typedef int8_t bytes __attribute__((vector_size(16)));

INLINE floats load(const float *x) {
    floats y;
    memcpy(&y, x, sizeof y);
    return y;
}

INLINE void store(float *x, floats y) { memcpy(x, &y, sizeof y); }

/* The first `count` of sixteen; zero for the others. */
INLINE floats load_some(const float *x, int32_t count) {
    floats y = {0};
    memcpy(&y, x, (size_t)count * sizeof(float));
    return y;
}

INLINE floats all(float x) { return x - (floats){0}; }

INLINE floats chosen(integers mask, floats yes, floats no) {
    return (floats)((mask & (integers)yes) | (~mask & (integers)no));
}

INLINE floats larger(floats x, floats y) { return chosen(y > x, y, x); }

INLINE floats smaller(floats x, floats y) { return chosen(y < x, y, x); }

INLINE floats size_of(floats x) { return (floats)((integers)x & 0x7FFFFFFF); }

INLINE floats clamped(floats x, float limit) { return smaller(larger(x, all(-limit)), all(limit)); }

/* To the nearest integer, ties to even, for |x| < 2^22: adding 1.5 * 2^23 leaves no fraction. */
#define ROUNDER 12582912.0f

INLINE floats rounded(floats x) { return (x + ROUNDER) - ROUNDER; }

INLINE integers to_integers(floats x) { return (integers)(x + ROUNDER) - 0x4B400000; }

INLINE floats to_floats(integers x) { return __builtin_convertvector(x, floats); }

/* Rational approximations as in Eigen (MPL-2), within a few units in the last place. */
INLINE floats error_function(floats x) {
    x = clamped(x, 4.0f);
    floats y = x * x;
    floats p = y * -2.72614225801306e-10f + 2.77068142495902e-08f;
    p = p * y + -2.10102402082508e-06f;
    p = p * y + -5.69250639462346e-05f;
    p = p * y + -7.34990630326855e-04f;
    p = p * y + -2.95459980854025e-03f;
    p = p * y + -1.60960333262415e-02f;
    floats q = y * -1.45660718464996e-05f + -2.13374055278905e-04f;
    q = q * y + -1.68282697438203e-03f;
    q = q * y + -7.37332916720468e-03f;
    q = q * y + -1.42647390514189e-02f;
    return (x * p) / q;
}

INLINE floats gelu(floats x) {
    return (0.5f * x) * (1.0f + error_function(x * 0.707106781186547524f));
}

INLINE floats hyperbolic_tangent(floats x) {
    x = clamped(x, 7.90531110763549805f);
    floats y = x * x;
    floats p = y * -2.76076847742355e-16f + 2.00018790482477e-13f;
    p = p * y + -8.60467152213735e-11f;
    p = p * y + 5.12229709037114e-08f;
    p = p * y + 1.48572235717979e-05f;
    p = p * y + 6.37261928875436e-04f;
    p = p * y + 4.89352455891786e-03f;
    floats q = y * 1.19825839466702e-06f + 1.18534705686654e-04f;
    q = q * y + 2.26843463243900e-03f;
    q = q * y + 4.89352518554385e-03f;
    return (x * p) / q;
}

/* exp(x) for x <= 0, as in Cephes; below -87 it stays at exp(-87). */
INLINE floats exponential(floats x) {
    x = larger(x, all(-87.0f));
    floats n = rounded(x * 1.44269504088896341f);
    floats r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    floats p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    floats y = (p * (r * r) + r) + 1.0f;
    return y * (floats)((to_integers(n) + 127) << 23);
}

#endif

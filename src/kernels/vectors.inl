// Sixteen floats at a time in the compiler's own vector types, and the few functions transformers
// need on them. Included inside a namespace by each file that is compiled for several instruction
// sets, so that every copy belongs to its own.

typedef float F16 __attribute__((vector_size(64)));
typedef uint32_t U16 __attribute__((vector_size(64)));
typedef int32_t I16 __attribute__((vector_size(64)));
typedef uint16_t H16 __attribute__((vector_size(32)));

inline F16 splat(float value) { return F16{} + value; }
inline U16 bits_of(F16 x) { return reinterpret_cast<U16>(x); }
inline F16 floats_of(U16 x) { return reinterpret_cast<F16>(x); }

inline F16 load(const float* from) {
  F16 x;
  __builtin_memcpy(&x, from, sizeof x);
  return x;
}
inline void store(float* to, F16 x) { __builtin_memcpy(to, &x, sizeof x); }

// bfloat16 is the upper half of a float; storing rounds to nearest even.
inline F16 load(const uint16_t* from) {
  H16 x;
  __builtin_memcpy(&x, from, sizeof x);
  return floats_of(__builtin_convertvector(x, U16) << 16);
}
inline U16 rounded_bits(F16 x) {
  const U16 bits = bits_of(x);
  return (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
}
inline void store(uint16_t* to, F16 x) {
  const H16 half = __builtin_convertvector(rounded_bits(x), H16);
  __builtin_memcpy(to, &half, sizeof half);
}

inline float sum_of(F16 x) {
  float total = 0;
  for (int i = 0; i < 8; ++i) x[i] += x[i + 8];
  for (int i = 0; i < 4; ++i) x[i] += x[i + 4];
  total = (x[0] + x[2]) + (x[1] + x[3]);
  return total;
}
inline F16 larger(F16 a, F16 b) { return a > b ? a : b; }
inline float largest_of(F16 x) {
  float best = x[0];
  for (int i = 1; i < 16; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

// e^x within 2 units in the last place for x in [-87, 88]; 0 below (subnormal results are 0).
inline F16 exponential(F16 x) {
  const F16 low = splat(-87.0F), high = splat(88.0F);
  const F16 clamped = x > high ? high : (x < low ? low : x);
  const F16 magic = splat(12582912.0F);  // 1.5 * 2^23: adding it rounds to an integer
  const F16 shifted = clamped * 1.44269504F + magic;
  const F16 n = shifted - magic;
  const F16 r = (clamped - n * 0.693359375F) + n * 2.12194440e-4F;
  F16 p = splat(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const U16 power = (bits_of(shifted) << 23) + 0x3F800000u;
  const F16 value = p * floats_of(power);
  return x < low ? F16{} : value;
}

// Phi(v), the normal distribution function, by Abramowitz & Stegun 7.1.26 (|error| < 1e-7), and
// e^(-v*v/2), which its derivative needs.
inline F16 normal_cdf(F16 v, F16* gaussian) {
  const F16 size = v < 0.0F ? -v : v;
  const F16 e = exponential(v * v * -0.5F);
  const F16 t = 1.0F / (1.0F + size * 0.23164189F);  // 0.3275911 / sqrt(2)
  F16 p = splat(1.061405429F);
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const F16 tail = p * t * e * 0.5F;
  *gaussian = e;
  return v < 0.0F ? tail : 1.0F - tail;
}

// The dropout hash of kernels/dropout.h on 16 lanes.
inline U16 mixed(U16 start, U16 mix) {
  U16 h = (start ^ (start >> 16)) * 0x21F0AAADu + mix;
  h = (h ^ (h >> 15)) * 0x735A2D97u;
  return h ^ (h >> 15);
}
// Multipliers of 32 columns of one row: 0 or scale.
inline void dropout_factors(DropoutRow key, uint32_t block, uint32_t threshold, float scale,
                            F16* low, F16* high) {
  const U16 lane = U16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + block * 16u;
  const U16 bits = mixed(lane * 0x9E3779B1u + key.add, U16{} + key.mix);
  *low = (bits & 0xFFFFu) >= (U16{} + threshold) ? splat(scale) : F16{};
  *high = (bits >> 16) >= (U16{} + threshold) ? splat(scale) : F16{};
}

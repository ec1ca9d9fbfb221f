// ggml's block types, read by their layout as the gguf Python package documents and reads them.
#include "stored-type.h"

#include "half-float.h"
#include "mutants.h"

namespace hearth {
namespace {

float f16_at(const uint8_t* bytes) { return widen_f16(load_u16(bytes)); }

float as_float(int value) { return static_cast<float>(value); }

uint32_t u32_at(const uint8_t* bytes) {
  return load_u16(bytes) | static_cast<uint32_t>(load_u16(bytes + 2)) << 16;
}

// Scale d and minimum m (F16), 16 bytes of nibbles: value i low, value i + 16 high.
void widen_q4_1(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 20, y += 32) {
    const float d = f16_at(src), m = HEARTH_MUTANT(CONVERT_FROM_Q4_1, f16_at(src + 2), -f16_at(src + 2));
    for (int i = 0; i < 16; i++) {
      y[i] = d * as_float(src[4 + i] & 15) + m;
      y[i + 16] = d * as_float(src[4 + i] >> 4) + m;
    }
  }
}

// The 5-bit value i of a block whose fifth bits are `high` and whose nibbles are `low`.
int five_bits(uint32_t high, const uint8_t* low, int i) {
  const int nibble = i < 16 ? low[i] & 15 : low[i - 16] >> 4;
  return nibble | static_cast<int>((high >> i) & 1u) << 4;
}

// Scale d (F16), 32 fifth bits, nibbles; values less 16.
void widen_q5_0(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 22, y += 32) {
    const float d = f16_at(src);
    const uint32_t high = HEARTH_MUTANT(CONVERT_FROM_Q5_0, u32_at(src + 2), u32_at(src + 2) >> 1);
    for (int i = 0; i < 32; i++) y[i] = d * as_float(five_bits(high, src + 6, i) - 16);
  }
}

// Scale d and minimum m (F16), 32 fifth bits, nibbles.
void widen_q5_1(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 24, y += 32) {
    const float d = f16_at(src), m = f16_at(src + 2);
    const uint32_t high = HEARTH_MUTANT(CONVERT_FROM_Q5_1, u32_at(src + 4), u32_at(src + 4) << 1);
    for (int i = 0; i < 32; i++) y[i] = d * as_float(five_bits(high, src + 8, i)) + m;
  }
}

// Eight pairs of 6-bit scale and minimum packed into 12 bytes: the first four pairs lie in the low bits of bytes 0 to 7,
// the others have their low nibbles in bytes 8 to 11 and their high bits on top of bytes 0 to 7.
struct ScaleMin {
  int scale, min;
};

ScaleMin scale_min_of(const uint8_t* packed, int j) {
  if (j < 4) return {packed[j] & 63, packed[j + 4] & 63};
  return {(packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4, (packed[j + 4] >> 4) | (packed[j] >> 6) << 4};
}

// d, dmin (F16), 12 bytes of scales and minima for 8 x 32 values, 128 bytes of nibbles (32 low, then 32 high, of each 32
// bytes).
void widen_q4_k(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 256; b++, src += 144, y += 256) {
    const float d = f16_at(src), dmin = f16_at(src + 2);
    for (int j = 0; j < 8; j++) {
      const ScaleMin pair = scale_min_of(src + 4, HEARTH_MUTANT(CONVERT_FROM_Q4_K, j, j & 3));
      const float scale = d * as_float(pair.scale), min = dmin * as_float(pair.min);
      const uint8_t* nibbles = src + 16 + j / 2 * 32;
      for (int i = 0; i < 32; i++) y[j * 32 + i] = scale * as_float((nibbles[i] >> (j % 2 * 4)) & 15) - min;
    }
  }
}

// As Q4_K, with 32 bytes that hold the fifth bit of value i of group j in bit j of byte i.
void widen_q5_k(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 256; b++, src += 176, y += 256) {
    const float d = f16_at(src), dmin = f16_at(src + 2);
    const uint8_t* high = src + 16;
    for (int j = 0; j < 8; j++) {
      const ScaleMin pair = scale_min_of(src + 4, j);
      const float scale = d * as_float(pair.scale), min = dmin * as_float(pair.min);
      const uint8_t* nibbles = src + 48 + j / 2 * 32;
      for (int i = 0; i < 32; i++) {
        const int bit = (high[i] >> HEARTH_MUTANT(CONVERT_FROM_Q5_K, j, 7 - j)) & 1;
        y[j * 32 + i] = scale * as_float(((nibbles[i] >> (j % 2 * 4)) & 15) | bit << 4) - min;
      }
    }
  }
}

// 128 bytes of low nibbles, 64 of upper bit pairs, 16 int8 scales of 16 values each, d (F16). Each half of 128 values
// takes 64 and 32 bytes: its quarter q has its nibbles in bytes 32 * (q % 2) … (low for q < 2, else high) and its bit
// pairs at bit 2q.
void widen_q6_k(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 256; b++, src += 210, y += 256) {
    const float d = f16_at(src + 208);
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < 128; i++) {
        const int quarter = i / 32, within = i % 32;
        const int nibble = (src[half * 64 + quarter % 2 * 32 + within] >> (quarter / 2 * 4)) & 15;
        const int upper = (src[128 + half * 32 + within] >> (2 * quarter)) & 3;
        const int scale = static_cast<int8_t>(src[192 + half * 8 + i / 16]);
        const int value = (nibble | upper << 4) - HEARTH_MUTANT(CONVERT_FROM_Q6_K, 32, 31);
        y[half * 128 + i] = d * as_float(scale) * as_float(value);
      }
    }
  }
}

}  // namespace

StoredLayout stored_layout(int64_t type) {
  switch (static_cast<StoredType>(type)) {
    case StoredType::F32: return {1, 4, nullptr};
    case StoredType::BF16: return {1, 2, nullptr};
    case StoredType::F16: return {1, 2, nullptr};
    case StoredType::Q8_0: return {32, 34, nullptr};
    case StoredType::Q4_0: return {32, 18, nullptr};
    case StoredType::Q4_1: return {32, 20, widen_q4_1};
    case StoredType::Q5_0: return {32, 22, widen_q5_0};
    case StoredType::Q5_1: return {32, 24, widen_q5_1};
    case StoredType::Q4_K: return {256, 144, widen_q4_k};
    case StoredType::Q5_K: return {256, 176, widen_q5_k};
    case StoredType::Q6_K: return {256, 210, widen_q6_k};
  }
  return {};
}

}  // namespace hearth

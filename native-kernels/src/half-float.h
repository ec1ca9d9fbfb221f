// 16-bit floats to F32, exactly, by integer arithmetic; what every processor can do.
#pragma once
#include <cstdint>
#include <cstring>

namespace hearth {

inline float float_of_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline uint16_t load_u16(const uint8_t* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

inline float load_f32(const uint8_t* bytes) {
  float value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// BF16 is the upper half of an F32.
inline float widen_bf16(uint16_t bits) { return float_of_bits(static_cast<uint32_t>(bits) << 16); }

// IEEE binary16: exponent and fraction are moved into an F32's place and the exponent's bias mended by a multiplication,
// which also turns denormals into normal numbers. Infinities and NaN keep their payload.
inline float widen_f16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(bits & 0x7fffu) << 13;
  if (magnitude >= 0x0f800000u) return float_of_bits(sign | magnitude | 0x7f800000u);
  const float two_to_112 = float_of_bits(0x77800000u);
  float value = float_of_bits(magnitude) * two_to_112;
  uint32_t out;
  std::memcpy(&out, &value, sizeof(out));
  return float_of_bits(out | sign);
}

}  // namespace hearth

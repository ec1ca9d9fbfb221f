/** 16-bit floats in plain arithmetic: the reference for what the addon does with bits. */

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The float's exponent e with 2^e <= |value| < 2^(e + 1), but at least `least`. */
function exponentOf(value: number, least: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  return Math.max(((bits >>> 23) & 255) - 127, least);
}

function narrow(value: number, fractionBits: number, leastExponent: number): number {
  const signBit = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const infinity = ((1 << (15 - fractionBits)) - 1) << fractionBits;
  if (Number.isNaN(value)) return signBit | infinity | (1 << (fractionBits - 1));
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return signBit | infinity;
  const exponent = exponentOf(magnitude, leastExponent);
  const steps = roundHalfEven(magnitude / 2 ** (exponent - fractionBits));
  // A denormal has no hidden bit; a fraction that rounds up to 2 carries into the exponent by itself.
  const bits = steps + (exponent - leastExponent) * (1 << fractionBits);
  return signBit | Math.min(bits, infinity);
}

function widen(bits: number, fractionBits: number, leastExponent: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >>> fractionBits;
  const fraction = bits & ((1 << fractionBits) - 1);
  if (exponent === (1 << (15 - fractionBits)) - 1) return fraction === 0 ? sign * Infinity : NaN;
  const hidden = exponent === 0 ? 0 : 1 << fractionBits;
  return sign * (fraction + hidden) * 2 ** (Math.max(exponent, 1) - 1 + leastExponent - fractionBits);
}

export const toF16 = (value: number): number => narrow(value, 10, -14);
export const toBf16 = (value: number): number => narrow(value, 7, -126);
export const fromF16 = (bits: number): number => widen(bits, 10, -14);
export const fromBf16 = (bits: number): number => widen(bits, 7, -126);

/** Floats as the bytes of F32, BF16 or F16. */
export function asPlainType(values: Float32Array, type: 'f32' | 'bf16' | 'f16'): Uint8Array {
  if (type === 'f32') return new Uint8Array(values.slice().buffer);
  return new Uint8Array(Uint16Array.from(values, type === 'f16' ? toF16 : toBf16).buffer);
}

/** The values that those bytes hold. */
export function asRead(values: Float32Array, type: 'f32' | 'bf16' | 'f16'): number[] {
  if (type === 'f32') return [...values];
  return Array.from(values, (value) => (type === 'f16' ? fromF16(toF16(value)) : fromBf16(toBf16(value))));
}

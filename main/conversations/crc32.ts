/** The remainder of every byte under the polynomial of IEEE 802.3, reflected. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3) as eight hex digits. Node has it as `zlib.crc32` from version 22.2 on. */
export function crc32(bytes: Uint8Array): string {
  let sum = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) sum = (sum >>> 8) ^ remainders[(sum ^ bytes[at]!) & 0xff]!;
  return ((sum ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

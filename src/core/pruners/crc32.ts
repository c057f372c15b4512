const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of a text in UTF-8 (IEEE 802.3, as zlib and Python's binascii compute it), unsigned. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  // An escape sequence or a plain character is one byte each.
  for (const [, hex, plain] of encodeURIComponent(text.toWellFormed()).matchAll(/%(..)|(.)/gs)) {
    const byte = hex === undefined ? (plain as string).charCodeAt(0) : Number.parseInt(hex, 16);
    crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 255] as number);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

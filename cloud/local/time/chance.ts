// Seeded randomness: one stream for each purpose, so that draws by one service do not affect another.

/** Mulberry32: a number in [0, 1), the same sequence for the same seed and purpose. */
export function chance(seed: number, purpose: string): () => number {
  let state = seed >>> 0
  for (const letter of purpose) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const twoDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** Of a number below 2^32. `toString` is slow for those from 2^31 on, and each invocation has an id. */
const eightDigits = (number: number): string =>
  byteOf(number, 24) + byteOf(number, 16) + byteOf(number, 8) + byteOf(number, 0)
const byteOf = (number: number, shift: number): string => twoDigits[(number >>> shift) & 255] ?? ''

/** UUIDs in the shape of version 4. They do not repeat as long as the stream does not. */
export function idsFrom(random: () => number): () => string {
  const hex = (digits: number): string => eightDigits(Math.floor(random() * 16 ** digits)).slice(-digits)
  return () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(Math.floor(random() * 4))}${hex(3)}-${hex(8)}${hex(4)}`
}

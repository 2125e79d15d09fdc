// Bit mask immediates of the logical instructions (Arm ARM DDI 0487, J1.3 DecodeBitMasks).

/**
 * The 64-bit mask for N:imms:immr as a low and a high half. Reserved encodings must have been sorted out.
 * For 32-bit instructions both halves are equal.
 */
export function decodeBitMask(n: number, imms: number, immr: number): readonly [number, number] {
  // The element size is the highest set bit of N:NOT(imms).
  const length = 31 - Math.clz32((n << 6) | (~imms & 0x3f));
  const size = 1 << length;
  const ones = (imms & (size - 1)) + 1;
  const rotate = immr & (size - 1);
  // One element, rotated right, as bits of a pair; then replicated.
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < ones; i++) {
    const bit = (i - rotate) & (size - 1);
    if (bit < 32) lo |= 1 << bit;
    else hi |= 1 << (bit - 32);
  }
  if (size === 64) return [lo, hi];
  for (let width = size; width < 32; width *= 2) lo |= lo << width;
  return [lo, lo];
}

/** Bytes of error correction over GF(256) with the polynomial 0x11d, as QR codes have them. */
export function correctErrors(data: Uint8Array, count: number): Uint8Array {
  const divisor = makeDivisor(count)
  const rest = new Uint8Array(count)
  for (const byte of data) {
    const factor = byte ^ (rest[0] ?? 0)
    rest.copyWithin(0, 1)
    rest[count - 1] = 0
    for (let i = 0; i < count; i++) rest[i] = (rest[i] ?? 0) ^ multiply(divisor[i] ?? 0, factor)
  }
  return rest
}

/** The product of (x - 2^i) for i below `degree`, without its leading 1. */
function makeDivisor(degree: number): Uint8Array {
  const result = new Uint8Array(degree)
  result[degree - 1] = 1
  let root = 1
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++)
      result[j] = multiply(result[j] ?? 0, root) ^ (j + 1 < degree ? (result[j + 1] ?? 0) : 0)
    root = multiply(root, 2)
  }
  return result
}

function multiply(a: number, b: number): number {
  let product = 0
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    product ^= ((b >> i) & 1) * a
  }
  return product
}

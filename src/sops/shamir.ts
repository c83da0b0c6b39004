/**
 * The secret behind shares of Shamir's scheme as SOPS and HashiCorp Vault cut them: each byte of the secret is the
 * value at 0 of a polynomial over GF(2^8) (the field of AES, x^8+x^4+x^3+x+1); a share is a value per byte, and the
 * place it belongs to as its last byte (getsops/sops shamir).
 *
 * Fewer shares than the threshold give something else, without an error: what is decrypted with it tells.
 * Throws RangeError when the shares do not go together.
 */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  const [first] = shares;
  if (first === undefined || shares.length < 2) {
    throw new RangeError('less than two parts cannot be used to reconstruct the secret');
  }
  if (first.length < 2) throw new RangeError('parts must be at least two bytes');
  if (shares.some(({ length }) => length !== first.length)) {
    throw new RangeError('all parts must be the same length');
  }
  const places = shares.map((share) => share[share.length - 1] ?? 0);
  if (new Set(places).size < places.length) throw new RangeError('duplicate part detected');
  if (places.includes(0)) throw new RangeError('a part of place zero would be the secret itself');

  const weights = places.map((place, i) => weightAtZero(places, place, i));
  return first.subarray(0, -1).map((_, at) => {
    let sum = 0;
    for (const [i, share] of shares.entries()) sum ^= multiply(share[at] ?? 0, weights[i] ?? 0);
    return sum;
  });
}

/** Lagrange's basis polynomial of one place, at 0. Subtraction is addition here, and both are exclusive or. */
function weightAtZero(places: readonly number[], place: number, self: number): number {
  let weight = 1;
  for (const [i, other] of places.entries()) {
    if (i !== self) weight = multiply(weight, multiply(other, inverse(place ^ other)));
  }
  return weight;
}

/** The product in GF(2^8): shift and add, without branches or tables that depend on the secret. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    const carry = -(product >> 7) & 0x1b;
    product = ((product << 1) & 0xff) ^ carry ^ (-((b >> bit) & 1) & a);
  }
  return product;
}

/** The group of the field has 255 elements, so that a^254 is 1/a. */
function inverse(a: number): number {
  let power = a;
  for (let i = 0; i < 6; i++) power = multiply(multiply(power, power), a);
  return multiply(power, power);
}

/**
 * `ms` moved by up to `percentage` percent to either side, so that objects with the same interval do not come up
 * together (fluxcd/pkg runtime/jitter). `random` gives numbers in [0, 1).
 */
export function jitter(ms: number, percentage: number, random: () => number = Math.random): number {
  return ms * (1 + (percentage / 100) * (2 * random() - 1));
}

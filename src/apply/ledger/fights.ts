/** What is known of an object that keeps being changed. */
interface Fight {
  /** Corrections that did not hold. */
  lost: number;
  correctedAt: number;
}

/** Corrections in a row that are made at once: somebody who tries things by hand is no rival. */
const patience = 8;
const firstPauseMs = 2_000;
/** A correction that held this long, and twice its pause, has settled the matter. */
const peaceMs = 60_000;

/**
 * How long to wait before an object is corrected again. Whoever changes an object over and over is answered at once a
 * few times, then with pauses that double up to `maxPauseMs` (the owner's interval).
 */
export class Fights {
  readonly #fights = new Map<string, Fight>();

  /** The object was corrected. */
  corrected(id: string, now: number): void {
    const fight = this.#fights.get(id);
    if (fight === undefined) this.#fights.set(id, { lost: 0, correctedAt: now });
    else fight.correctedAt = now;
  }

  /** The object differs again: when to correct it, in milliseconds from now. */
  drifted(id: string, now: number, maxPauseMs: number): number {
    const fight = this.#fights.get(id);
    if (fight === undefined) return 0;
    const pauseMs = pauseAfter(fight.lost, maxPauseMs);
    if (now - fight.correctedAt > Math.max(peaceMs, 2 * pauseMs)) {
      this.#fights.delete(id);
      return 0;
    }
    fight.lost++;
    return pauseAfter(fight.lost, maxPauseMs);
  }

  /** Corrections of the object in a row that did not hold. */
  lost(id: string): number {
    return this.#fights.get(id)?.lost ?? 0;
  }

  forget(id: string): void {
    this.#fights.delete(id);
  }
}

/** How often an object is lost before anybody is told. */
export const LOSSES_BEFORE_PAUSES = patience;

function pauseAfter(lost: number, maxPauseMs: number): number {
  if (lost < patience) return 0;
  return Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(lost - patience, 30));
}

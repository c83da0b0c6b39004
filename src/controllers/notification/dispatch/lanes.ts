import { Lane, type LaneOptions, type Parcel } from './lane.ts';

export interface LanesOptions<T extends Parcel> extends Omit<LaneOptions<T>, 'idle'> {
  /** A parcel had to make room for others. */
  crowdedOut(parcel: T): void;
}

/** Parcels that may wait for one place, and what all that wait may take up. */
const maxCount = 2000;
const maxBytes = 8 << 20;
const maxTotalBytes = 32 << 20;

/**
 * A {@link Lane} for each place that something is sent to. What waits is bounded, for each and for all: the oldest
 * makes room, in the lane that has most, so that a place that hangs costs itself alone.
 */
export class Lanes<T extends Parcel> {
  readonly #options: LanesOptions<T>;
  readonly #lanes = new Map<string, Lane<T>>();
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: LanesOptions<T>) {
    this.#options = options;
  }

  put(place: string, parcel: T): void {
    const lane = this.#lanes.getOrInsertComputed(place, () => this.#open(place));
    lane.put(parcel);
    while (lane.count > maxCount || lane.bytes > maxBytes) if (!this.#makeRoom(lane)) break;
    while (this.bytes > maxTotalBytes) if (!this.#makeRoom(this.#fullest())) break;
  }

  /** Tries what failed before again, now: something about the place has changed. */
  wake(place: string): void {
    this.#lanes.get(place)?.wake();
  }

  /** Everything that waits or is being sent. */
  get count(): number {
    return this.#sum(({ count }) => count);
  }

  get bytes(): number {
    return this.#sum(({ bytes }) => bytes);
  }

  /** Sends all that waits, and resolves when nothing is left; what is when `signal` is aborted is given up. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#lanes.size === 0) return;
    this.#idle = Promise.withResolvers<void>();
    for (const lane of [...this.#lanes.values()]) lane.drain(signal);
    await this.#idle.promise;
  }

  #open(place: string): Lane<T> {
    const idle = (): void => {
      this.#lanes.delete(place);
      if (this.#lanes.size === 0) this.#idle?.resolve();
    };
    return new Lane({ ...this.#options, idle });
  }

  #makeRoom(lane: Lane<T> | undefined): boolean {
    const parcel = lane?.dropOldest();
    if (parcel === undefined) return false;
    this.#options.crowdedOut(parcel);
    return true;
  }

  #fullest(): Lane<T> | undefined {
    return [...this.#lanes.values()].toSorted((a, b) => b.bytes - a.bytes)[0];
  }

  #sum(of: (lane: Lane<T>) => number): number {
    return this.#lanes.values().reduce((sum, lane) => sum + of(lane), 0);
  }
}

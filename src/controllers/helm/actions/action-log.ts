import { type Clock, systemClock } from '../../../lib/clock.ts';

interface Line {
  readonly at: number;
  readonly text: string;
  lastAt: number;
  repeats: number;
}

/** As many lines as Flux shows below an event (helm-controller internal/action/log.go). */
const maxLines = 10;

/** The last lines of what an action has to say, which an event shows when it fails. */
export class ActionLog {
  readonly #clock: Clock;
  readonly #lines: Line[] = [];

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** A line with what it is about; the same line again is only counted. */
  add(message: string, about: Readonly<Record<string, unknown>> = {}): void {
    const text = `${message}: ${JSON.stringify(about)}`;
    const at = this.#clock.now();
    const last = this.#lines.at(-1);
    if (last?.text === text) {
      last.repeats++;
      last.lastAt = at;
      return;
    }
    this.#lines.push({ at, text, lastAt: at, repeats: 0 });
    if (this.#lines.length > maxLines) this.#lines.shift();
  }

  /** All lines with their times; empty when there is none. */
  get text(): string {
    return this.#lines.map(lineText).join('\n');
  }
}

function lineText({ at, text, lastAt, repeats }: Line): string {
  const first = `${new Date(at).toISOString()}: ${text}`;
  if (repeats === 0) return first;
  const omitted = repeats - 1;
  const note = omitted === 0 ? '' : ` (${omitted} duplicate line${omitted === 1 ? '' : 's'} omitted)`;
  return `${first}\n${new Date(lastAt).toISOString()}: ${text}${note}`;
}

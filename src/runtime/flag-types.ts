import { InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../lib/duration.ts';

/** A command-line flag: its name without dashes, what it takes, and how text becomes its value. */
export interface Flag<T> {
  readonly name: string;
  /** As `--help` names the value; empty for a switch. */
  readonly takes: string;
  readonly default: T;
  /** The default as `--help` shows it; empty: not shown. */
  readonly defaultText: string;
  readonly description: string;
  /** An environment variable whose value is the default when it is set. */
  readonly env?: string;
  /** Throws InvalidArgumentError, with what was expected. `before` is what earlier uses of the flag gave. */
  parse(text: string, before: T | undefined): T;
}

/** Flags by the key that their values get. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values of a set of flags. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

interface Extra {
  readonly env?: string;
}

export function stringFlag(name: string, value: string, description: string, extra: Extra = {}): Flag<string> {
  return { name, takes: 'string', default: value, defaultText: value, description, ...extra, parse: (text) => text };
}

/** One of a fixed list of words. */
export function choiceFlag<const T extends string>(
  name: string,
  choices: readonly T[],
  value: T,
  description: string,
): Flag<T> {
  const parse = (text: string): T => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new InvalidArgumentError(`Expected one of ${choices.join(', ')}.`);
    return found;
  };
  return { name, takes: choices.join('|'), default: value, defaultText: value, description, parse };
}

/** A whole number within bounds, both included. */
export function integerFlag(
  name: string,
  value: number,
  description: string,
  bounds: { readonly min?: number; readonly max?: number } = {},
): Flag<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  const parse = (text: string): number => {
    const number = Number(text);
    if (!/^[+-]?\d+$/.test(text) || number < min || number > max) {
      const upper = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`;
      throw new InvalidArgumentError(`Expected a whole number of at least ${min}${upper}.`);
    }
    return number;
  };
  return { name, takes: 'int', default: value, defaultText: String(value), description, parse };
}

/** A positive number, possibly a fraction. */
export function numberFlag(name: string, value: number, description: string): Flag<number> {
  const parse = (text: string): number => {
    const number = Number(text);
    if (text.trim() === '' || !Number.isFinite(number) || number <= 0) {
      throw new InvalidArgumentError('Expected a positive number.');
    }
    return number;
  };
  return { name, takes: 'number', default: value, defaultText: String(value), description, parse };
}

/** A Go duration; the value is in milliseconds. */
export function durationFlag(
  name: string,
  text: string,
  description: string,
  { minMs = 0 }: { readonly minMs?: number } = {},
): Flag<number> {
  const parse = (given: string): number => {
    const ms = durationOf(given);
    if (ms < minMs) throw new InvalidArgumentError(`Expected at least ${formatDuration(minMs)}.`);
    return ms;
  };
  return { name, takes: 'duration', default: parse(text), defaultText: text, description, parse };
}

/** A switch. `--flag`, `--flag=true` and `--flag=false` are understood, as Go's flags do. */
export function booleanFlag(name: string, value: boolean, description: string): Flag<boolean> {
  const parse = (text: string): boolean => {
    if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
    if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
    throw new InvalidArgumentError('Expected true or false.');
  };
  return { name, takes: '', default: value, defaultText: String(value), description, parse };
}

/** A list: the flag may be given several times, and a value may hold several, separated by commas. */
export function listFlag(name: string, description: string): Flag<readonly string[]> {
  const parse = (text: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    ...text.split(',').filter((item) => item !== ''),
  ];
  return { name, takes: 'list', default: [], defaultText: '', description, parse };
}

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Expected a duration such as 30s, 5m or 1h30m.');
  }
}

import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import type { Zone } from './time-zone.ts';

const SECOND = 1_000_000_000n;

/** What a wall shows. */
export type Clock = Pick<Civil, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nanosecond'>;

/** A time on the calendar and the clock of its zone. */
export interface Civil {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** From 0, Sunday. */
  readonly weekday: number;
  /** From 1. */
  readonly yearDay: number;
  readonly offset: number;
  readonly abbreviation: string;
}

/** The calendar of an instant, in nanoseconds since 1970, in a zone. */
export function civilOf(epochNs: bigint, zone: Zone): Civil {
  const seconds = secondsOf(epochNs);
  const { offset, abbreviation } = zone.at(Number(seconds));
  const date = new Date(Number(seconds + BigInt(offset)) * 1000);
  if (Number.isNaN(date.getTime())) throw new FunctionError('time is too far away');
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(epochNs - seconds * SECOND),
    weekday: date.getUTCDay(),
    yearDay: Math.floor((date.getTime() - yearStart(date.getUTCFullYear())) / 86_400_000) + 1,
    offset,
    abbreviation,
  };
}

/** Where a year begins: Date.UTC would take two digits for a year of the last century. */
function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

/** The instant that a calendar and a clock show in a zone, in nanoseconds since 1970 (time.Date). Throws FunctionError beyond 270,000 years. */
export function epochOf(civil: Clock, zone: Zone): bigint {
  const date = new Date(0);
  date.setUTCFullYear(civil.year, civil.month - 1, civil.day);
  date.setUTCHours(civil.hour, civil.minute, civil.second);
  const time = date.getTime();
  if (Number.isNaN(time)) throw new FunctionError('time is too far away');
  const wall = Math.floor(time / 1000);
  const guess = wall - zone.at(wall).offset;
  const seconds = wall - zone.at(guess).offset;
  return BigInt(seconds) * SECOND + BigInt(civil.nanosecond);
}

/** Whole seconds since 1970, rounded down. */
export function secondsOf(epochNs: bigint): bigint {
  const seconds = epochNs / SECOND;
  return epochNs % SECOND < 0n ? seconds - 1n : seconds;
}

import { goFunction } from '../../gotemplate/value/signature.ts';
import { GoInt, GoStruct, int, int64, type MethodSet, type Value } from '../../gotemplate/value/values.ts';
import { type Civil, civilOf, epochOf, secondsOf } from './civil.ts';
import { durationValue } from './duration.ts';
import { formatTime } from './time-format.ts';
import { dayNames, monthNames } from './time-layout.ts';
import { utc, type Zone } from './time-zone.ts';

/** Year 1 in nanoseconds since 1970. */
const ZERO_NS = -62_135_596_800n * 1_000_000_000n;

/** A `time.Time`. */
export class GoTime extends GoStruct {
  /** Nanoseconds since 1970. */
  readonly epochNs: bigint;
  readonly zone: Zone;

  constructor(epochNs: bigint, zone: Zone) {
    super('time.Time', new Map(), {
      methods,
      text: () => formatTime(this.civil, '2006-01-02 15:04:05.999999999 -0700 MST'),
      marshal: () => formatTime(this.civil, '2006-01-02T15:04:05.999999999Z07:00'),
    });
    this.epochNs = epochNs;
    this.zone = zone;
  }

  get civil(): Civil {
    return civilOf(this.epochNs, this.zone);
  }

  in(zone: Zone): GoTime {
    return new GoTime(this.epochNs, zone);
  }
}

function asTime(value: Value): GoTime {
  return value instanceof GoTime ? value : new GoTime(ZERO_NS, utc);
}

const fields: readonly (readonly [string, (civil: Civil) => number])[] = [
  ['Year', ({ year }) => year],
  ['Day', ({ day }) => day],
  ['Hour', ({ hour }) => hour],
  ['Minute', ({ minute }) => minute],
  ['Second', ({ second }) => second],
  ['Nanosecond', ({ nanosecond }) => nanosecond],
  ['YearDay', ({ yearDay }) => yearDay],
];

function named(type: string, value: number, names: readonly string[], first: number): GoInt {
  return new GoInt('int', BigInt(value), { type, text: () => names[value - first] ?? String(value) });
}

/** The methods that templates use. */
const methods: MethodSet = new Map([
  ...fields.map(
    ([name, read]) => [name, (t: Value) => goFunction('() int', () => int(read(asTime(t).civil)))] as const,
  ),
  ['Unix', (t) => goFunction('() int64', () => int64(secondsOf(asTime(t).epochNs)))],
  ['UnixNano', (t) => goFunction('() int64', () => int64(asTime(t).epochNs))],
  ['UnixMilli', (t) => goFunction('() int64', () => int64(asTime(t).epochNs / 1_000_000n))],
  ['Format', (t) => goFunction('(string) string', ([layout]) => formatTime(asTime(t).civil, String(layout)))],
  ['String', (t) => goFunction('() string', () => asTime(t).text?.() ?? '')],
  ['UTC', (t) => goFunction('() time.Time', () => asTime(t).in(utc))],
  ['Local', (t) => goFunction('() time.Time', () => asTime(t))],
  ['IsZero', (t) => goFunction('() bool', () => asTime(t).epochNs === ZERO_NS)],
  ['Month', (t) => goFunction('() time.Month', () => named('time.Month', asTime(t).civil.month, monthNames, 1))],
  ['Weekday', (t) => goFunction('() time.Weekday', () => named('time.Weekday', asTime(t).civil.weekday, dayNames, 0))],
  [
    'Add',
    (t) =>
      goFunction('(time.Duration) time.Time', ([by]) => {
        const time = asTime(t);
        return new GoTime(time.epochNs + (by instanceof GoInt ? by.value : 0n), time.zone);
      }),
  ],
  ['AddDate', (t) => goFunction('(int, int, int) time.Time', ([y, m, d]) => addDate(asTime(t), y, m, d))],
  [
    'Sub',
    (t) => goFunction('(time.Time) time.Duration', ([u]) => durationValue(asTime(t).epochNs - asTime(u).epochNs)),
  ],
  ['Before', (t) => goFunction('(time.Time) bool', ([u]) => asTime(t).epochNs < asTime(u).epochNs)],
  ['After', (t) => goFunction('(time.Time) bool', ([u]) => asTime(t).epochNs > asTime(u).epochNs)],
  ['Equal', (t) => goFunction('(time.Time) bool', ([u]) => asTime(t).epochNs === asTime(u).epochNs)],
]);

function addDate(time: GoTime, years: Value, months: Value, days: Value): GoTime {
  const number = (value: Value): number => (value instanceof GoInt ? Number(value.value) : 0);
  const { civil } = time;
  const moved = {
    ...civil,
    year: civil.year + number(years),
    month: civil.month + number(months),
    day: civil.day + number(days),
  };
  return new GoTime(epochOf(moved, time.zone), time.zone);
}

/** Year 1, which is what Go's times are before they are set. */
export const zeroTime = new GoTime(ZERO_NS, utc);

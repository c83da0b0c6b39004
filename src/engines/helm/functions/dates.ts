import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { GoInt, type Runtime, type Value } from '../../gotemplate/value/values.ts';
import { hostOf } from '../host.ts';
import { secondsOf } from './civil.ts';
import { formatDuration, HOUR, MINUTE, parseDuration, SECOND } from './duration.ts';
import { rounded } from './durations.ts';
import { GoTime, zeroTime } from './go-time.ts';
import { group, text } from './kit.ts';
import { formatTime } from './time-format.ts';
import { parseTime } from './time-parse.ts';
import { loadZone, utc } from './time-zone.ts';

/** Functions of dates (sprig, "Date Functions"). The local zone is UTC, wherever the controller runs. */
export const dateFunctions = group([
  ['now', '() time.Time', (_, runtime) => now(runtime)],
  ['date', '(string, any) string', ([layout, date], runtime) => inZone(text(layout), date, 'Local', runtime)],
  [
    'dateInZone date_in_zone',
    '(string, any, string) string',
    ([layout, date, zone], runtime) => inZone(text(layout), date, text(zone), runtime),
  ],
  ['htmlDate', '(any) string', ([date], runtime) => inZone('2006-01-02', date, 'Local', runtime)],
  [
    'htmlDateInZone',
    '(any, string) string',
    ([date, zone], runtime) => inZone('2006-01-02', date, text(zone), runtime),
  ],
  [
    'dateModify date_modify',
    '(string, time.Time) time.Time',
    ([by, date]) => orElse(() => modified(text(by), date), date),
  ],
  [
    'mustDateModify must_date_modify',
    '(string, time.Time) (time.Time, error)',
    ([by, date]) => modified(text(by), date),
  ],
  ['ago', '(any) string', ([date], runtime) => ago(date, runtime)],
  [
    'toDate',
    '(string, string) time.Time',
    ([layout, s]) => orElse(() => parseTime(text(layout), text(s), utc), zeroTime),
  ],
  ['mustToDate', '(string, string) (time.Time, error)', ([layout, s]) => parseTime(text(layout), text(s), utc)],
  ['unixEpoch', '(time.Time) string', ([date]) => String(date instanceof GoTime ? secondsOf(date.epochNs) : 0n)],
  ['duration', '(any) string', ([seconds]) => formatDuration(wholeSeconds(seconds) * SECOND)],
  ['durationRound', '(any) string', ([value], runtime) => roughly(value, runtime)],
]);

function now(runtime: Runtime): GoTime {
  return new GoTime(BigInt(Math.round(hostOf(runtime).now() * 1000)) * 1000n, utc);
}

/** A time, or seconds since 1970 of type int, int32 or int64; anything else is now (date.go). */
function timeOf(value: Value, runtime: Runtime): GoTime {
  if (value instanceof GoTime) return value;
  const isSeconds = value instanceof GoInt && ['int', 'int32', 'int64'].includes(value.type);
  return isSeconds ? new GoTime(value.value * SECOND, utc) : now(runtime);
}

function inZone(layout: string, date: Value, zone: string, runtime: Runtime): string {
  return formatTime(timeOf(date, runtime).in(loadZone(zone) ?? utc).civil, layout);
}

function modified(by: string, date: Value): GoTime {
  const time = date instanceof GoTime ? date : zeroTime;
  return new GoTime(time.epochNs + parseDuration(by), time.zone);
}

function orElse(make: () => Value, otherwise: Value): Value {
  try {
    return make();
  } catch (error) {
    if (error instanceof FunctionError) return otherwise;
    throw error;
  }
}

function ago(date: Value, runtime: Runtime): string {
  return formatDuration(rounded(now(runtime).epochNs - timeOf(date, runtime).epochNs, SECOND));
}

/** A sign and more digits than an int64 has. */
const SECONDS_DIGITS = 24;

function wholeSeconds(value: Value): bigint {
  if (value instanceof GoInt && value.type === 'int64') return value.value;
  return typeof value === 'string' && /^[-+]?[0-9]+$/.test(value)
    ? BigInt(value.slice(0, SECONDS_DIGITS).replace(/^\+/, ''))
    : 0n;
}

const steps: readonly (readonly [bigint, string])[] = [
  [365n * 24n * HOUR, 'y'],
  [30n * 24n * HOUR, 'mo'],
  [24n * HOUR, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'm'],
  [SECOND, 's'],
];

/** The largest unit that is left, and how many of it. */
function roughly(value: Value, runtime: Runtime): string {
  const duration = nanosecondsOf(value, runtime);
  const size = duration < 0n ? -duration : duration;
  const step = steps.find(([unit]) => size > unit);
  return step === undefined ? '0s' : `${size / step[0]}${step[1]}`;
}

function nanosecondsOf(value: Value, runtime: Runtime): bigint {
  if (value instanceof GoTime) return now(runtime).epochNs - value.epochNs;
  if (value instanceof GoInt && value.type === 'int64') return value.value;
  if (typeof value !== 'string') return 0n;
  try {
    return parseDuration(value);
  } catch (error) {
    if (error instanceof FunctionError) return 0n;
    throw error;
  }
}

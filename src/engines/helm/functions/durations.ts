import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { parseFloatGo } from '../../gotemplate/parse/number.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { typeOf } from '../../gotemplate/value/types.ts';
import { GoInt, int64, unmetered, type Value } from '../../gotemplate/value/values.ts';
import { truncate } from './cast.ts';
import { durationValue, HOUR, inUnits, MICROSECOND, MILLISECOND, MINUTE, parseDuration, SECOND } from './duration.ts';
import { group, isNil } from './kit.ts';
import { trimSpace } from './strings.ts';

/** Functions of durations (Helm's own): what cannot be read as one counts as zero, but for `mustToDuration`. */
export const durationFunctions = group([
  ['mustToDuration', '(any) time.Duration', ([value]) => durationValue(asDuration(value))],
  ['durationSeconds', '(any) float64', ([value]) => inUnits(orZero(value), SECOND)],
  ['durationMilliseconds', '(any) int64', ([value]) => int64(orZero(value) / MILLISECOND)],
  ['durationMicroseconds', '(any) int64', ([value]) => int64(orZero(value) / MICROSECOND)],
  ['durationNanoseconds', '(any) int64', ([value]) => int64(orZero(value))],
  ['durationMinutes', '(any) float64', ([value]) => inUnits(orZero(value), MINUTE)],
  ['durationHours', '(any) float64', ([value]) => inUnits(orZero(value), HOUR)],
  ['durationDays', '(any) float64', ([value]) => inUnits(orZero(value), HOUR) / 24],
  ['durationWeeks', '(any) float64', ([value]) => inUnits(orZero(value), HOUR) / 24 / 7],
  ['durationRoundTo', '(any, any) time.Duration', ([value, to]) => durationValue(rounded(orZero(value), orZero(to)))],
  [
    'durationTruncateTo',
    '(any, any) time.Duration',
    ([value, to]) => durationValue(truncated(orZero(value), orZero(to))),
  ],
]);

function orZero(value: Value): bigint {
  try {
    return asDuration(value);
  } catch (error) {
    if (error instanceof FunctionError) return 0n;
    throw error;
  }
}

/** A duration from a duration, its text, or a number of seconds (Helm pkg/engine/funcs.go, asDuration). */
function asDuration(value: Value): bigint {
  if (isNil(value)) throw new FunctionError('invalid duration');
  if (typeof value === 'string') return fromText(value);
  if (typeof value === 'number') return fromSeconds(value);
  if (!(value instanceof GoInt)) throw new FunctionError(`unsupported duration type ${typeOf(value)}`);
  if (value.type === 'time.Duration') return value.value;
  const nanoseconds = value.value * SECOND;
  if (BigInt.asIntN(64, nanoseconds) !== nanoseconds)
    throw new FunctionError(`duration seconds overflow: ${value.value}`);
  return nanoseconds;
}

function fromText(written: string): bigint {
  const trimmed = trimSpace(written);
  if (trimmed === '') throw new FunctionError('empty duration');
  try {
    return parseDuration(trimmed);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const seconds = parseFloatGo(trimmed);
    if (seconds === undefined) throw new FunctionError(`could not parse duration ${quote(written)}`);
    return fromSeconds(seconds);
  }
}

function fromSeconds(seconds: number): bigint {
  if (!Number.isFinite(seconds)) throw new FunctionError(`invalid duration seconds: ${printPlain(seconds, unmetered)}`);
  if (Math.abs(seconds) > 2 ** 63 / 1e9)
    throw new FunctionError(`duration seconds overflow: ${printPlain(seconds, unmetered)}`);
  return truncate(seconds * 1e9);
}

/** time.Duration.Round: half away from zero. */
export function rounded(value: bigint, to: bigint): bigint {
  if (to <= 0n) return value;
  const rest = value % to;
  const size = rest < 0n ? -rest : rest;
  if (size + size < to) return value - rest;
  return value - rest + (value < 0n ? -to : to);
}

function truncated(value: bigint, to: bigint): bigint {
  return to <= 0n ? value : value - (value % to);
}

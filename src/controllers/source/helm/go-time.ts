import { IndexError } from './index-events.ts';

/** The zero of Go's time.Time, in JSON. */
export const zeroTime = '0001-01-01T00:00:00Z';

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A time as Go's encoding/json writes one that it has read: RFC 3339 with the fraction of a second as short as can be,
 * nanoseconds at most. Throws IndexError for what is no time.
 */
export function goTime(text: string): string {
  const [, seconds, fraction = '', zone] = rfc3339.exec(text) ?? [];
  if (seconds === undefined || zone === undefined || Number.isNaN(Date.parse(text)))
    throw new IndexError(
      `error unmarshaling JSON: while decoding JSON: parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse it`,
    );
  const short = fraction.slice(0, 9).replace(/0+$/, '');
  return `${seconds}${short === '' ? '' : `.${short}`}${zone === '+00:00' ? 'Z' : zone}`;
}

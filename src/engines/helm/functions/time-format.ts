import type { Civil } from './civil.ts';
import { dayNames, type LayoutPart, monthNames, nextPart } from './time-layout.ts';

/** A calendar and clock in a layout of package time (time.Time.Format). */
export function formatTime(civil: Civil, layout: string): string {
  let out = '';
  for (let rest = layout; rest !== ''; ) {
    const token = nextPart(rest);
    out += token.prefix;
    if (token.part === undefined) break;
    out += formatPart(token.part, token.text, civil);
    rest = token.rest;
  }
  return out;
}

const two = (value: number): string => String(value).padStart(2, '0');

const simple: Readonly<Partial<Record<LayoutPart, (civil: Civil) => string>>> = {
  '2006': ({ year }) => (year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0')),
  '06': ({ year }) => two(Math.abs(year % 100)),
  January: ({ month }) => monthNames[month - 1] ?? '',
  Jan: ({ month }) => (monthNames[month - 1] ?? '').slice(0, 3),
  '1': ({ month }) => String(month),
  '01': ({ month }) => two(month),
  Monday: ({ weekday }) => dayNames[weekday] ?? '',
  Mon: ({ weekday }) => (dayNames[weekday] ?? '').slice(0, 3),
  '2': ({ day }) => String(day),
  _2: ({ day }) => String(day).padStart(2),
  '02': ({ day }) => two(day),
  __2: ({ yearDay }) => String(yearDay).padStart(3),
  '002': ({ yearDay }) => String(yearDay).padStart(3, '0'),
  '15': ({ hour }) => two(hour),
  '3': ({ hour }) => String(hour % 12 || 12),
  '03': ({ hour }) => two(hour % 12 || 12),
  '4': ({ minute }) => String(minute),
  '04': ({ minute }) => two(minute),
  '5': ({ second }) => String(second),
  '05': ({ second }) => two(second),
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
  MST: ({ abbreviation, offset }) => (abbreviation === '' ? numericZone('-0700', offset) : abbreviation),
};

function formatPart(part: LayoutPart, text: string, civil: Civil): string {
  const format = simple[part];
  if (format !== undefined) return format(civil);
  if (part === 'fraction') return fraction(text, civil);
  return numericZone(part, civil.offset);
}

/** Nines drop trailing zeros, and the whole fraction with them. */
function fraction(text: string, { nanosecond }: Civil): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, text.length - 1);
  const shown = text[1] === '9' ? digits.replace(/0+$/, '') : digits;
  return shown === '' ? '' : `${text[0]}${shown}`;
}

function numericZone(part: string, offset: number): string {
  if (part.startsWith('Z') && offset === 0) return 'Z';
  const size = Math.abs(offset);
  const colon = part.includes(':') ? ':' : '';
  const digits = part.replace(/[^0-9]/g, '').length;
  let out = `${offset < 0 ? '-' : '+'}${two(Math.trunc(size / 3600))}`;
  if (digits >= 4) out += colon + two(Math.trunc((size % 3600) / 60));
  if (digits >= 6) out += colon + two(size % 60);
  return out;
}

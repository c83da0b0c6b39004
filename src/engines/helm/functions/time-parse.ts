import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { type Clock, epochOf } from './civil.ts';
import { GoTime } from './go-time.ts';
import { dayNames, type LayoutPart, monthNames, nextPart } from './time-layout.ts';
import { fixedZone, utc, type Zone } from './time-zone.ts';

/** What was read so far. */
interface Read {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  half: 'am' | 'pm' | undefined;
  zone: Zone | undefined;
  offset: number | undefined;
  zoneName: string;
}

/** A part does not fit the text. */
class Misfit extends Error {}
/** A number is not one of the calendar or the clock. */
class OutOfRange extends Error {}

/** Reads a time in a layout; without a zone of its own it is in `local` (time.ParseInLocation). Throws FunctionError. */
export function parseTime(layout: string, value: string, local: Zone): GoTime {
  const read = readParts(layout, value);
  if (read.half === 'pm' && read.hour < 12) read.hour += 12;
  else if (read.half === 'am' && read.hour === 12) read.hour = 0;
  const date = dateOf(read, value);
  const clock = { ...date, hour: read.hour, minute: read.minute, second: read.second, nanosecond: read.nanosecond };
  return inZone(clock, read, local);
}

function readParts(layout: string, value: string): Read {
  const read: Read = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: undefined,
    zone: undefined,
    offset: undefined,
    zoneName: '',
  };
  const cursor = new Cursor(value);
  for (let rest = layout; ; ) {
    const token = nextPart(rest);
    if (!cursor.skip(token.prefix)) throw cannot(layout, value, cursor.rest, token.prefix);
    if (token.part === undefined) {
      if (cursor.rest !== '') throw wrong(value, `extra text: ${quote(cursor.rest)}`);
      return read;
    }
    const held = cursor.rest;
    try {
      readPart(token.part, token.text, cursor, read, token.rest);
    } catch (error) {
      if (error instanceof OutOfRange) throw wrong(value, `${error.message} out of range`);
      if (error instanceof Misfit) throw cannot(layout, value, held, token.text);
      throw error;
    }
    rest = token.rest;
  }
}

function cannot(layout: string, value: string, rest: string, part: string): FunctionError {
  return new FunctionError(
    `parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(part)}`,
  );
}

function wrong(value: string, message: string): FunctionError {
  return new FunctionError(`parsing time ${quote(value)}: ${message}`);
}

class Cursor {
  rest: string;

  constructor(value: string) {
    this.rest = value;
  }

  take(pattern: RegExp): string {
    const found = pattern.exec(this.rest)?.[0];
    if (found === undefined) throw new Misfit();
    this.rest = this.rest.slice(found.length);
    return found;
  }

  /** Skips what stands for itself; a run of spaces fits any (time, skip). */
  skip(prefix: string): boolean {
    for (let at = 0; at < prefix.length; ) {
      if (prefix[at] === ' ') {
        if (this.rest !== '' && !this.rest.startsWith(' ')) return false;
        at += /^ */.exec(prefix.slice(at))?.[0].length ?? 1;
        this.rest = this.rest.replace(/^ +/, '');
        continue;
      }
      if (this.rest[0] !== prefix[at]) return false;
      this.rest = this.rest.slice(1);
      at++;
    }
    return true;
  }

  number(isFixed: boolean): number {
    return Number(this.take(isFixed ? /^[0-9]{2}/ : /^[0-9]{1,2}/));
  }

  name(names: readonly string[], length?: number): number {
    const rest = this.rest.toLowerCase();
    const index = names.findIndex((name) => rest.startsWith(name.slice(0, length).toLowerCase()));
    if (index < 0) throw new Misfit();
    this.rest = this.rest.slice((names[index] ?? '').slice(0, length).length);
    return index;
  }
}

type PartReader = (cursor: Cursor, read: Read) => void;

function within(value: number, least: number, most: number, what: string): number {
  if (value < least || value > most) throw new OutOfRange(what);
  return value;
}

const readers: Readonly<Partial<Record<LayoutPart, PartReader>>> = {
  '2006': (cursor, read) => {
    read.year = Number(cursor.take(/^[0-9]{4}/));
  },
  '06': (cursor, read) => {
    const year = Number(cursor.take(/^[0-9]{2}/));
    read.year = year + (year >= 69 ? 1900 : 2000);
  },
  January: (cursor, read) => {
    read.month = cursor.name(monthNames) + 1;
  },
  Jan: (cursor, read) => {
    read.month = cursor.name(monthNames, 3) + 1;
  },
  '1': (cursor, read) => {
    read.month = within(cursor.number(false), 1, 12, 'month');
  },
  '01': (cursor, read) => {
    read.month = within(cursor.number(true), 1, 12, 'month');
  },
  Monday: (cursor) => void cursor.name(dayNames),
  Mon: (cursor) => void cursor.name(dayNames, 3),
  '2': (cursor, read) => {
    read.day = cursor.number(false);
  },
  _2: (cursor, read) => {
    cursor.take(/^ ?/);
    read.day = cursor.number(false);
  },
  '02': (cursor, read) => {
    read.day = cursor.number(true);
  },
  __2: (cursor, read) => {
    cursor.take(/^ {0,2}/);
    read.yearDay = Number(cursor.take(/^[0-9]{1,3}/));
  },
  '002': (cursor, read) => {
    read.yearDay = Number(cursor.take(/^[0-9]{3}/));
  },
  '15': (cursor, read) => {
    read.hour = within(cursor.number(false), 0, 23, 'hour');
  },
  '3': (cursor, read) => {
    read.hour = within(cursor.number(false), 0, 12, 'hour');
  },
  '03': (cursor, read) => {
    read.hour = within(cursor.number(true), 0, 12, 'hour');
  },
  '4': (cursor, read) => {
    read.minute = within(cursor.number(false), 0, 59, 'minute');
  },
  '04': (cursor, read) => {
    read.minute = within(cursor.number(true), 0, 59, 'minute');
  },
  PM: (cursor, read) => {
    read.half = cursor.take(/^(AM|PM)/) === 'PM' ? 'pm' : 'am';
  },
  pm: (cursor, read) => {
    read.half = cursor.take(/^(am|pm)/) === 'pm' ? 'pm' : 'am';
  },
  MST: (cursor, read) => readZoneName(cursor, read),
};

function readPart(part: LayoutPart, text: string, cursor: Cursor, read: Read, following: string): void {
  const reader = readers[part];
  if (reader !== undefined) reader(cursor, read);
  else if (part === '5' || part === '05') readSecond(part, cursor, read, following);
  else if (part === 'fraction') readFraction(text, cursor, read);
  else readOffset(part, cursor, read);
}

/** A fraction may follow a second although the layout does not speak of it. */
function readSecond(part: '5' | '05', cursor: Cursor, read: Read, following: string): void {
  read.second = within(cursor.number(part === '05'), 0, 59, 'second');
  if (nextPart(following).part === 'fraction') return;
  if (/^[.,][0-9]/.test(cursor.rest)) read.nanosecond = nanoseconds(cursor.take(/^[.,][0-9]+/));
}

function readFraction(text: string, cursor: Cursor, read: Read): void {
  if (text[1] === '9') {
    if (/^[.,][0-9]/.test(cursor.rest)) read.nanosecond = nanoseconds(cursor.take(/^[.,][0-9]+/));
    return;
  }
  read.nanosecond = nanoseconds(cursor.take(new RegExp(`^[.,][0-9]{${text.length - 1}}`)));
}

function nanoseconds(fraction: string): number {
  return Number(fraction.slice(1, 10).padEnd(9, '0'));
}

function readOffset(part: string, cursor: Cursor, read: Read): void {
  if (part.startsWith('Z') && cursor.rest.startsWith('Z')) {
    cursor.rest = cursor.rest.slice(1);
    read.zone = utc;
    return;
  }
  const colon = part.includes(':') ? ':' : '';
  const groups = part.replace(/[^0-9]/g, '').length / 2;
  const digits = ['([0-9]{2})', '([0-9]{2})', '([0-9]{2})'].slice(0, groups).join(colon);
  const written = cursor.take(new RegExp(`^[-+]${digits}`));
  const [hours = 0, minutes = 0, seconds = 0] = (written.match(/[0-9]{2}/g) ?? []).map(Number);
  within(hours, 0, 24, 'time zone offset hour');
  within(minutes, 0, 60, 'time zone offset minute');
  within(seconds, 0, 60, 'time zone offset second');
  read.offset = (written.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds);
}

function readZoneName(cursor: Cursor, read: Read): void {
  if (cursor.rest.startsWith('UTC')) {
    cursor.rest = cursor.rest.slice(3);
    read.zone = utc;
    return;
  }
  read.zoneName = cursor.take(/^(GMT[-+][0-9]{1,2}|ChST|MeST|WITA|[-+][0-9]{2}|[A-Z]{4}T|[A-Z]{3}T|[A-Z]{3})/);
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysIn(month: number, year: number): number {
  return month === 2 && isLeap(year) ? 29 : (monthLengths[month - 1] ?? 0);
}

function dateOf({ year, month, day, yearDay }: Read, value: string): Pick<Clock, 'year' | 'month' | 'day'> {
  if (yearDay === undefined) {
    const date = { year, month: month ?? 1, day: day ?? 1 };
    if (date.day < 1 || date.day > daysIn(date.month, year)) throw wrong(value, 'day out of range');
    return date;
  }
  if (yearDay < 1 || yearDay > (isLeap(year) ? 366 : 365)) throw wrong(value, 'day-of-year out of range');
  let left = yearDay;
  let found = 1;
  while (left > daysIn(found, year)) left -= daysIn(found++, year);
  if (month !== undefined && month !== found) throw wrong(value, 'day-of-year does not match month');
  if (day !== undefined && day !== left) throw wrong(value, 'day-of-year does not match day');
  return { year, month: found, day: left };
}

function inZone(clock: Clock, { zone, offset, zoneName }: Read, local: Zone): GoTime {
  if (zone !== undefined) return new GoTime(epochOf(clock, zone), zone);
  if (offset !== undefined) {
    const epochNs = epochOf(clock, fixedZone(zoneName, offset));
    const here = local.at(Number(epochNs / 1_000_000_000n));
    const isLocal = here.offset === offset && (zoneName === '' || zoneName === here.abbreviation);
    return new GoTime(epochNs, isLocal ? local : fixedZone(zoneName, offset));
  }
  if (zoneName === '') return new GoTime(epochOf(clock, local), local);
  const hours = zoneName.startsWith('GMT') ? Number(zoneName.slice(3)) : 0;
  const named = fixedZone(zoneName, Number.isFinite(hours) ? hours * 3600 : 0);
  return new GoTime(epochOf(clock, utc), named);
}

/** What a zone is at an instant. */
export interface ZoneOffset {
  /** Seconds east of UTC. */
  readonly offset: number;
  /** `CET`, or `+03` where the zone has no letters. */
  readonly abbreviation: string;
}

/** A time zone: UTC, a fixed offset, or a zone of the tz database. */
export interface Zone {
  readonly name: string;
  at(epochSeconds: number): ZoneOffset;
}

export const utc: Zone = { name: 'UTC', at: () => ({ offset: 0, abbreviation: 'UTC' }) };

/** A zone that never changes; without a name it prints as its offset. */
export function fixedZone(name: string, offset: number): Zone {
  return { name, at: () => ({ offset, abbreviation: name }) };
}

/** A zone of the tz database, or undefined when it has none of the name (time.LoadLocation). `Local` is UTC here. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return name === 'Local' ? { ...utc, name: 'Local' } : utc;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined;
  const known = loaded.get(name);
  if (known !== undefined) return known;
  try {
    const zone = new NamedZone(name);
    loaded.set(name, zone);
    return zone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const loaded = new Map<string, Zone>();

/** Between them these locales have the letters of the zones that have any. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-ZA', 'en-IN', 'en-NZ'] as const;

/** Letters that no locale has, of zones without summer time. */
const letters: Readonly<Record<string, string>> = {
  'Africa/Abidjan': 'GMT',
  'Africa/Accra': 'GMT',
  'Africa/Algiers': 'CET',
  'Africa/Harare': 'CAT',
  'Africa/Johannesburg': 'SAST',
  'Africa/Khartoum': 'CAT',
  'Africa/Lagos': 'WAT',
  'Africa/Maputo': 'CAT',
  'Africa/Nairobi': 'EAT',
  'Africa/Tripoli': 'EET',
  'Africa/Tunis': 'CET',
  'Asia/Calcutta': 'IST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Jakarta': 'WIB',
  'Asia/Jayapura': 'WIT',
  'Asia/Karachi': 'PKT',
  'Asia/Kolkata': 'IST',
  'Asia/Macau': 'CST',
  'Asia/Makassar': 'WITA',
  'Asia/Manila': 'PST',
  'Asia/Pyongyang': 'KST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Tokyo': 'JST',
  'Europe/Moscow': 'MSK',
  'Europe/Simferopol': 'MSK',
  Japan: 'JST',
  PRC: 'CST',
  ROK: 'KST',
};

class NamedZone implements Zone {
  readonly name: string;
  readonly #clock: Intl.DateTimeFormat;
  readonly #names: readonly Intl.DateTimeFormat[];

  constructor(name: string) {
    this.name = name;
    this.#clock = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    this.#names = locales.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }));
  }

  at(epochSeconds: number): ZoneOffset {
    const date = new Date(epochSeconds * 1000);
    const offset = offsetIn(zoneNameIn(this.#clock, date));
    const found = this.#names
      .map((format) => zoneNameIn(format, date))
      .find((name) => /^[A-Z]{3,5}$/.test(name) && (name !== 'GMT' || offset === 0));
    return { offset, abbreviation: letters[this.name] ?? found ?? offsetName(offset) };
  }
}

function zoneNameIn(format: Intl.DateTimeFormat, date: Date): string {
  return format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** `GMT+05:30` as seconds. */
function offsetIn(name: string): number {
  const match = /^GMT([-+])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(name);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

function offsetName(offset: number): string {
  const size = Math.abs(offset);
  const hours = String(Math.trunc(size / 3600)).padStart(2, '0');
  const minutes = Math.trunc((size % 3600) / 60);
  return `${offset < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}

/**
 * Go accepts a part of YAML's timestamps: `2006-1-2`, `2006-1-2 15:4:5.9` and `2006-1-2T15:4:5.9Z07:00`
 * (go-yaml resolve.go, allowedTimestampFormats).
 */
const pattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?)?$/;

/** The text in RFC 3339 with as many decimals as it needs, as Go writes a time; undefined when it is no timestamp. */
export function formatTimestamp(text: string): string | undefined {
  if (text.length < 8 || text.charCodeAt(4) !== 0x2d) return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  const [hour, minute, second] = [
    match[4] ?? match[9] ?? '0',
    match[5] ?? match[10] ?? '0',
    match[6] ?? match[11] ?? '0',
  ];
  const zone = match[8] ?? 'Z';
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || !isZone(zone)) return undefined;
  const fraction = (match[7] ?? match[12] ?? '').slice(0, 9).replace(/0+$/, '');
  const time = [hour, minute, second].map((part) => part.padStart(2, '0')).join(':');
  const shownZone = /^[-+]00:00$/.test(zone) ? 'Z' : zone;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${time}${fraction === '' ? '' : `.${fraction}`}${shownZone}`;
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function isZone(zone: string): boolean {
  return zone === 'Z' || (Number(zone.slice(1, 3)) <= 24 && Number(zone.slice(4)) <= 59);
}

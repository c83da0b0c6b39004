/** The parts of a layout of package time; everything else in it stands for itself. */
export const layoutParts = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '2006',
  '_2006',
  '__2',
  '_2',
  '002',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '15',
  'PM',
  'pm',
  '-07:00:00',
  '-070000',
  '-07:00',
  '-0700',
  '-07',
  'Z07:00:00',
  'Z070000',
  'Z07:00',
  'Z0700',
  'Z07',
  '1',
  '2',
  '3',
  '4',
  '5',
] as const;

/** A part, or a fraction of a second with its sign and digits: `.000`, `,999`. */
export type LayoutPart = (typeof layoutParts)[number] | 'fraction';

export interface LayoutToken {
  /** What stands before the part. */
  readonly prefix: string;
  /** The part; undefined at the end. */
  readonly part: LayoutPart | undefined;
  /** The part as written. */
  readonly text: string;
  readonly rest: string;
}

/** Finds the first part of a layout (time, nextStdChunk). */
export function nextPart(layout: string): LayoutToken {
  for (let at = 0; at < layout.length; at++) {
    const found = partAt(layout, at);
    if (found === undefined) continue;
    const prefix = layout.slice(0, at);
    // `_2006` is an underscore and a year.
    if (found.part === '_2006') return { prefix: `${prefix}_`, part: '2006', text: '2006', rest: layout.slice(at + 5) };
    return { prefix, ...found, rest: layout.slice(at + found.text.length) };
  }
  return { prefix: layout, part: undefined, text: '', rest: '' };
}

const byLength = [...layoutParts].sort((a, b) => b.length - a.length);

function partAt(layout: string, at: number): { readonly part: LayoutPart; readonly text: string } | undefined {
  const fraction = /^[.,](0+|9+)(?![0-9])/.exec(layout.slice(at, at + 16))?.[0];
  if (fraction !== undefined) return { part: 'fraction', text: fraction };
  const part = byLength.find((one) => layout.startsWith(one, at));
  if (part === undefined) return undefined;
  // `Janu` is no month; `Month` is no day.
  if ((part === 'Jan' || part === 'Mon') && /^[a-z]/.test(layout.slice(at + 3))) return undefined;
  return { part, text: part };
}

/** The names of months, from January. */
export const monthNames = 'January February March April May June July August September October November December'.split(
  ' ',
);
/** The names of days, from Sunday. */
export const dayNames = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size in four digits and decimal units, as docker/go-units writes it: `410B`, `1.234kB`, `65.8MB`. */
export function humanSize(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toPrecision(4))}${units[unit]}`;
}

/** A number that was measured, and what it may be at most. */
export interface Figure {
  readonly phase: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: number;
}

/** Prints figures as a table, and gives those that are over their budget. */
export function report(figures: readonly Figure[]): readonly Figure[] {
  const isOver = ({ value, budget }: Figure): boolean => budget !== undefined && value > budget;
  const rows = figures.map((figure) => [
    figure.phase,
    figure.name,
    `${round(figure.value)} ${figure.unit}`,
    figure.budget === undefined ? '' : `${figure.budget}`,
    isOver(figure) ? 'OVER' : '',
  ]);
  const all = [['phase', 'figure', 'measured', 'budget', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  return figures.filter(isOver);
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

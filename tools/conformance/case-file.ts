import { readFile } from 'node:fs/promises';

/** What our engine answers to a case. */
export interface Answer {
  readonly name: string;
  readonly output?: string;
  readonly error?: string;
  /** More that the oracle's answer has, by the same names. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** How an answer compares with the oracle's. */
export type Verdict = 'bytes' | 'value' | 'wrong';

/** A kind of case files: how a case is answered and judged. */
export interface Suite<C> {
  /** Reads a line; JSON.parse when absent. */
  readonly parse?: (line: string) => unknown;
  readonly answer: (testCase: C, line: number) => Answer;
  readonly judge: (testCase: C, answer: Answer) => Verdict;
}

/** The cases of a file of JSON lines. */
export async function* readCases<C>(file: string, parse: (line: string) => unknown = JSON.parse): AsyncGenerator<C> {
  // Not readline: it takes U+2028 for a line's end, which JSON allows in a text.
  for (const line of (await readFile(file, 'utf8')).split('\n')) if (line.trim() !== '') yield parse(line) as C;
}

/** The answer that an action gives or fails with. */
export function answered(name: string, action: () => string): Answer {
  try {
    return { name, output: action() };
  } catch (error) {
    return { name, error: error instanceof Error ? error.message : String(error) };
  }
}

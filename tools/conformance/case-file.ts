import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

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
  readonly answer: (testCase: C, line: number) => Answer;
  readonly judge: (testCase: C, answer: Answer) => Verdict;
}

/** The cases of a file of JSON lines. */
export async function* readCases<C>(file: string): AsyncGenerator<C> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line.trim() !== '') yield JSON.parse(line) as C;
  }
}

/** The answer that an action gives or fails with. */
export function answered(name: string, action: () => string): Answer {
  try {
    return { name, output: action() };
  } catch (error) {
    return { name, error: error instanceof Error ? error.message : String(error) };
  }
}

import { styleText } from 'node:util';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import { DemoError } from './checkout.ts';

/** Where the story is told. Colours only on a terminal. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** How a line is meant: something in order, something wrong, or something by the way. */
export type Tone = 'good' | 'bad' | 'plain' | 'quiet';

const styles: Readonly<Record<Tone, Style | undefined>> = {
  good: 'green',
  bad: 'red',
  plain: undefined,
  quiet: 'dim',
};

/** Prints what happens, each line with the seconds since the start. */
export class Narrator {
  readonly #out: Output;
  readonly #started = performance.now();
  #steps = 0;
  /** The last line is empty. */
  #gap = false;

  constructor(out: Output) {
    this.#out = out;
  }

  /**
   * Announces a step, does it, and says what came of it. Throws {@link DemoError} that names the step; an aborted one
   * ends as it is.
   */
  async step<T>(title: string, run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    this.#paragraph(this.#style('bold', `${++this.#steps}. ${title}`));
    try {
      const result = await run();
      this.line(`done in ${seconds(performance.now() - started)}`, 'quiet');
      return result;
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new DemoError(`step ${this.#steps} (${title}): ${errorMessage(error)}`, { cause: error });
    }
  }

  /** A line about something that has just happened; the lines of `text` after the first are set under it. */
  line(text: string, tone: Tone = 'plain'): void {
    const at = seconds(performance.now() - this.#started).padStart(8);
    const style = styles[tone];
    const [first = '', ...rest] = text.split('\n');
    for (const [index, part] of [first, ...rest.map((line) => `  ${line}`)].entries()) {
      const shown = style === undefined ? part : this.#style(style, part);
      this.#gap = false;
      this.#out.write(`${index === 0 ? this.#style('dim', at) : ' '.repeat(at.length)}  ${shown}\n`);
    }
  }

  /** An explanation: why the next lines are worth a look. */
  explain(text: string): void {
    this.#paragraph(this.#style('cyan', indent(text, '  ')));
  }

  /** Text as it is, such as a table or a diff. */
  block(text: string): void {
    this.#paragraph(`${indent(text, '      ')}\n`);
    this.#gap = true;
  }

  /** Text without indentation. */
  print(text: string): void {
    this.#paragraph(text);
  }

  get elapsed(): string {
    return seconds(performance.now() - this.#started);
  }

  #paragraph(text: string): void {
    this.#out.write(`${this.#gap ? '' : '\n'}${text}\n`);
    this.#gap = false;
  }

  #style(style: Style, text: string): string {
    // Whether colours are wanted, NO_COLOR and the like included, is styleText's to know, which asks a real stream only.
    return this.#out.isTTY === true ? styleText(style, text, { stream: process.stdout }) : text;
  }
}

function indent(text: string, by: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n');
}

/** Milliseconds as `1.2s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

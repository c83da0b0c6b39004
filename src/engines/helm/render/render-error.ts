import { ExecError } from '../../gotemplate/exec/exec-error.ts';
import { LimitError } from '../../gotemplate/exec/limits.ts';
import { ParseError } from '../../gotemplate/parse/parse.ts';
import { authorsMessage } from '../functions/chart-error.ts';

/** The text of a template's file, where there is one of that name. */
export type Texts = (file: string) => string | undefined;

/** Rendering failed. The message is Helm's own, over several lines. */
export class RenderError extends Error {
  /** Where, when a template is to blame: its file, line and column. */
  readonly at: ExecError['at'] | undefined;
  /** The line of the file that is to blame, with its number; undefined where it is not in a file. */
  readonly excerpt: string | undefined;

  constructor(message: string, cause: unknown, texts: Texts = () => undefined) {
    super(message, { cause });
    const blamed = cause instanceof ExecError ? innermost(cause) : undefined;
    this.at = blamed?.at;
    if (blamed !== undefined) this.excerpt = excerptOf(blamed.at, texts, nodeIn(blamed.message));
    else if (cause instanceof ParseError) this.excerpt = excerptOf(placeIn(cause.message), texts, '');
  }
}

/** What a text/template error says is wrong: `at <.Values.a>`. */
function nodeIn(message: string): string {
  return /^template: \S+ executing ".*?" at <(.*?)>: /s.exec(message)?.[1] ?? '';
}

function placeIn(message: string): { readonly file: string; readonly line: number } {
  const [, file = '', line = '0'] = /^template: (.*?):(\d+):/.exec(message) ?? [];
  return { file, line: Number(line) };
}

/** A text given to `tpl` has the name of a file, but is not in it: the line must hold what the error is about. */
function excerptOf({ file, line }: { readonly file: string; readonly line: number }, texts: Texts, node: string) {
  const found = texts(file)?.split('\n')[line - 1]?.trimEnd();
  const squeezed = (text: string): string => text.replaceAll(/\s/g, '');
  if (found === undefined || !squeezed(found).includes(squeezed(node.replace(/\.\.\.$/, '')))) return undefined;
  return `  ${line} | ${found.length > MAX_EXCERPT ? `${found.slice(0, MAX_EXCERPT)}…` : found}`;
}

const MAX_EXCERPT = 200;

function innermost(error: ExecError): ExecError {
  let found = error;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ExecError) found = cause;
  return found;
}

/** The error of a file that cannot be parsed (engine.go, cleanupParseError). */
export function parseFailure(file: string, error: ParseError, texts: Texts): RenderError {
  const parts = error.message.split(': ');
  if (parts.length === 1) return new RenderError(`parse error in (${file}): ${error.message}`, error, texts);
  return new RenderError(`parse error at (${parts[1]}): ${parts.at(-1)}`, error, texts);
}

/** The error of a template that cannot be executed (engine.go, reformatExecErrorMsg). */
export function executionFailure(file: string, error: ExecError | LimitError, texts: Texts): RenderError {
  const { message } = error;
  const second = message.indexOf(': ', message.indexOf(': ') + 2);
  if (error instanceof LimitError || second < 0)
    return new RenderError(`execution error in (${file}): ${message}`, error, texts);
  const said = authorsMessage(message.slice(second + 2));
  const location = message.slice(message.indexOf(': ') + 2, second);
  if (said !== undefined) return new RenderError(`execution error at (${location}): ${said}`, error, texts);
  const frames = framesOf(error);
  return new RenderError(frames === undefined ? message : frames.join('').trim(), error, texts);
}

/** One paragraph for every template that was being executed, from the outermost in; undefined where one is unknown. */
function framesOf(error: Error): readonly string[] | undefined {
  const frames: string[] = [];
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const frame = frameOf(current.message);
    if (frame === undefined) return undefined;
    if (frame !== frames.at(-1)) frames.push(frame);
  }
  return frames;
}

function frameOf(message: string): string | undefined {
  if (!message.startsWith('template: ')) return undefined;
  const rest = message.slice('template: '.length);
  if (rest.startsWith('no template ')) return `${message}\n`;
  const executing = /^(.*?): executing "([^"]*)" at <(.*?)>: (.*)$/s.exec(rest);
  if (executing !== null) {
    const [, location, name, at, said = ''] = executing;
    return `${location}\n  executing "${name}" at <${at}>:\n    ${withoutNext(said)}\n`;
  }
  const colon = rest.lastIndexOf(': ');
  return colon < 0 ? undefined : `${rest.slice(0, colon)}\n  ${withoutNext(rest.slice(colon + 2))}\n`;
}

/** What the inner template says stands in a paragraph of its own. */
function withoutNext(said: string): string {
  const next = said.indexOf(' template:');
  return next < 0 ? said : said.slice(0, next);
}

/** A text that is no YAML, or YAML beyond the limits. The message is one line and names the line where it can. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  /** The path of the file it came from, when the caller gave one. */
  readonly file: string | undefined;
  /** The line in the text, from 1. */
  readonly line: number | undefined;
  /** The message without file and line. */
  readonly reason: string;

  constructor(reason: string, place: { readonly file?: string | undefined; readonly line?: number | undefined } = {}) {
    const { file, line } = place;
    const where = [file, line === undefined || line === 0 ? undefined : `line ${line}`].filter(
      (part) => part !== undefined,
    );
    super([...where, reason].join(': '));
    this.reason = reason;
    this.file = file;
    this.line = line;
  }
}

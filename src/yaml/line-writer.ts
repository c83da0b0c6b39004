/**
 * Text that is written line by line. Finished lines are put aside, so that asking about the last one does not join what
 * is a text of many megabytes.
 */
export class LineWriter {
  private readonly finished: string[] = [];
  private last = '';

  /** What was written since the last line break. */
  get line(): string {
    return this.last;
  }

  /** Adds text, which may have line breaks. */
  add(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) {
      this.last += text;
      return;
    }
    this.finished.push(this.last, end === text.length ? text : text.slice(0, end));
    this.last = text.slice(end);
  }

  /** Begins a new line, unless nothing is in this one yet, and indents it. */
  newline(indent: number): void {
    if (this.last !== '') this.finished.push(this.last, '\n');
    this.last = ' '.repeat(indent);
  }

  /** Takes characters away from the end of the line. */
  chop(length: number): void {
    this.last = this.last.slice(0, this.last.length - length);
  }

  /** Everything, with a line break at the end. */
  text(): string {
    if (this.last !== '' || this.finished.length === 0) this.add('\n');
    return this.finished.join('');
  }
}

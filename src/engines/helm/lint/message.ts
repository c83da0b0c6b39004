export type Severity = 'INFO' | 'WARNING' | 'ERROR';

/** What is noteworthy about a chart. */
export interface LintMessage {
  readonly severity: Severity;
  /** The file or folder that it is about. */
  readonly path: string;
  readonly text: string;
}

/** The messages of one chart, as they are found. */
export class Findings {
  readonly messages: LintMessage[] = [];

  /** Notes a problem, if there is one; says whether there is none. */
  isFine(severity: Severity, path: string, problem: string | undefined): boolean {
    if (problem !== undefined) this.messages.push({ severity, path, text: problem });
    return problem === undefined;
  }
}

import { globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the cases of `sluice template` lie, and beside each what the original printed. */
export const templateCases = join(import.meta.dirname, '../../src/cli/testdata/template');

/** The same of `sluice lint`. */
export const lintCases = join(import.meta.dirname, '../../src/cli/testdata/lint');

/** A call of `helm template` or `helm lint`. */
export interface TemplateCase {
  /** Files below the folder that the program runs in. A `chart/Chart.yaml` is there unless it is given. */
  readonly files: Readonly<Record<string, string>>;
  /** Arguments after `template rel chart`, or all of them where `all` says so. */
  readonly args?: readonly string[];
  readonly all?: readonly string[];
}

/** What a program did in a case. */
export interface TemplateResult {
  readonly status: number;
  readonly stdout: string;
  /** The last line that is no log message, without the name of the folder. */
  readonly stderr: string;
  /** The files below `out` that it wrote. */
  readonly written: Readonly<Record<string, string>>;
}

const chartYaml = 'apiVersion: v2\nname: demo\nversion: 0.1.0\nappVersion: "1.0"\n';

/** Runs a program in a folder with the files of a case. */
export function inCase(
  { files, args = [], all = ['rel', 'chart', ...args] }: TemplateCase,
  run: (cwd: string, args: readonly string[]) => Pick<TemplateResult, 'status' | 'stdout' | 'stderr'>,
): TemplateResult {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-template-')));
  try {
    for (const [name, text] of Object.entries({ 'chart/Chart.yaml': chartYaml, ...files })) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), text);
    }
    const { status, stdout, stderr } = run(cwd, all);
    // There is no --debug here.
    const told = stderr
      .replaceAll(/^level=.*\n/gm, '')
      .replace('\n\nUse --debug flag to render out invalid YAML\n', '\n')
      .replaceAll(`${cwd}/`, '')
      .trimEnd();
    return { status, stdout: stdout.replaceAll(`${cwd}/`, ''), stderr: told, written: writtenBelow(join(cwd, 'out')) };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function writtenBelow(folder: string): Readonly<Record<string, string>> {
  const names = globSync('**', { cwd: folder }).filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

import { spawn } from 'node:child_process';

export interface Step {
  readonly name: string;
  /** Program and arguments; programs come from node_modules/.bin or the PATH. */
  readonly command: readonly [string, ...string[]];
  /** The step runs `node --test`: its passes and failures are added up rather than counted as one step. */
  readonly tests?: boolean;
}

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds what `node --test` printed in its closing lines (`ℹ pass 3`, `# fail 0`) to the tally. */
export function readTestCounts(output: string, tally: Tally): boolean {
  const count = (word: string): number | undefined => {
    const found = [...output.matchAll(new RegExp(`^(?:ℹ|#) ${word} (\\d+)$`, 'gmu'))].at(-1);
    return found?.[1] === undefined ? undefined : Number(found[1]);
  };
  const passed = count('pass');
  if (passed === undefined) return false;
  tally.passed += passed;
  tally.failed += (count('fail') ?? 0) + (count('cancelled') ?? 0);
  tally.skipped += (count('skipped') ?? 0) + (count('todo') ?? 0);
  return true;
}

function run(step: Step): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = step.command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      from.setEncoding('utf8');
      from.on('data', (text: string) => {
        output += text;
        to.write(text);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Runs the steps one after the other, all of them even after a failure, with the time each took, and ends with the line
 * `N passed, N failed, N skipped`. The exit code is 1 when anything failed, or when a test step ran no test.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  for (const step of steps) {
    console.log(`\n▶ ${step.name}`);
    const started = performance.now();
    const { code, output } = await run(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const failedBefore = tally.failed;
    const counted = step.tests === true && readTestCounts(output, tally);
    const empty = step.tests === true && !counted;
    if (!counted) tally[code === 0 && !empty ? 'passed' : 'failed'] += 1;
    else if (code !== 0 && tally.failed === failedBefore) tally.failed += 1;
    if (code !== 0 || empty) failures.push(step.name);
    console.log(`${code === 0 && !empty ? '✔' : '✖'} ${step.name} (${seconds} s)${empty ? ': no test was run' : ''}`);
  }
  if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
  console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
  process.exitCode = tally.failed > 0 || failures.length > 0 ? 1 : 0;
}

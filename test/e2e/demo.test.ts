import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const deadlineMs = 240_000;

describe('npm run demo', () => {
  let temp = '';
  before(async () => {
    temp = await mkdtemp(join(tmpdir(), 'sluice-demo-test-'));
  });
  after(() => rm(temp, { recursive: true, force: true }));

  /** Temporary files that are not npm's. */
  const left = async (): Promise<readonly string[]> =>
    (await readdir(temp)).filter((name) => name !== 'node-compile-cache');

  /** Runs it with a folder for temporary files of its own. `look` sees the output as it grows. */
  const demo = async (args: readonly string[], look?: (output: string, pid: number) => void) => {
    const path = [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
    const child = spawn('npm', ['run', '--silent', 'demo', '--', ...args], {
      cwd: root,
      env: { ...process.env, PATH: path, TMPDIR: temp },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      timeout: deadlineMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        look?.(output, child.pid ?? 0);
      });
    }
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, output };
  };

  it('shows a fleet installed, upgraded, broken, repaired, pruned and meddled with, and leaves nothing behind', async () => {
    const { code, output } = await demo(['--once']);
    assert.equal(code, 0, output);
    for (const expected of [
      /pushed demo\/fleet as [0-9a-f]{8} to http:\/\/127\.0\.0\.1/,
      /Kustomization\/infrastructure:\n( +\S+ created\n)* +Namespace\/production created/,
      /Deployment\/staging\/web changes its image from registry\.example\.com\/web:1\.0\.0 to .*:1\.1\.0/,
      /notified: Kustomization\/apps-staging: /,
      /notified: Kustomization\/apps-staging: Service\/staging\/web dry-run failed/,
      /"severity": "error",/,
      /NAMESPACE +NAME +AGE +READY +STATUS/,
      /flux-system +infrastructure +\S+ +True/,
      /flux-system +apps-staging +\S+ +False +Service\/staging\/web dry-run failed/,
      /flux-system +apps-production +\S+ +False +dependency 'flux-system\/apps-staging'/,
      /Warning .*99999/,
      /"level":"error".*99999/,
      /PodDisruptionBudget\/production\/web is gone, \d/,
      /HelmRelease\/production\/cache is ready: Helm install succeeded/,
      /\ds until it has the 2 replicas of the release again/,
      /Every step did what it should/,
    ]) {
      assert.match(output, expected);
    }
    assert.ok(!output.includes('\u001b['), 'colours although the output is no terminal');
    assert.deepEqual(await left(), []);
  });

  it('stops everything on Ctrl-C, which a terminal sends to npm and to the demo', async () => {
    let sent = false;
    const { code, output } = await demo([], (text, pid) => {
      if (sent || !text.includes('Start a Git server')) return;
      sent = true;
      process.kill(-pid, 'SIGINT');
    });
    assert.ok(sent, output);
    assert.notEqual(code, 0, output);
    assert.match(output, /nothing is left behind/);
    assert.deepEqual(await left(), []);
  });
});

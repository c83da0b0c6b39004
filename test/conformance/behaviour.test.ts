import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Environment } from '../support/environment.ts';
import { freePort } from '../support/free-port.ts';

/** Recordings of the original controllers, beside the project, and the runner that replays them. */
const recordings = join(import.meta.dirname, '..', '..', '..', 'shared', 'behaviour');

/** Scenarios that differ, each with what it waits for or why. One that passes must leave the list. */
const waitsFor: Readonly<Record<string, string>> = {
  'ks-drift-kubectl-edit': 'what was edited is set right before it is looked at, not at the next reconcile (ADR 20)',
  'ks-sops-undecrypted': 'an encrypted Secret is refused on purpose (ADR 6)',
};

interface Outcome {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly output: string;
}

interface Addresses {
  readonly kubeconfig: string;
  /** Where the runner serves Git and charts, and takes notifications. */
  readonly port: number;
  readonly receiverUrl: string;
  readonly eventsUrl: string;
}

function replay({ kubeconfig, port, receiverUrl, eventsUrl }: Addresses): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const args = [
      'check',
      '--kubeconfig',
      kubeconfig,
      '--expected',
      join(recordings, 'expected'),
      '--listen',
      `127.0.0.1:${port}`,
      '--receiver-url',
      receiverUrl,
      '--events-url',
      eventsUrl,
    ];
    const choice = [
      '--have',
      'source,kustomize,helm,notification',
      '--only',
      // hr-chartref records in which of two orders a repository and its chart were looked at: that differs each time.
      '^(git|hrepo|hchart|hr(?!-chartref)|ks|notif|recv)-',
      '--parallel',
      '4',
      '--patience',
      '3',
      '-v',
    ];
    const runner = spawn('python3', [join(recordings, 'behave.py'), ...args, ...choice, join(recordings, 'scenarios')]);
    let output = '';
    for (const stream of [runner.stdout, runner.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    runner.on('error', reject);
    runner.on('close', () => {
      const names = (word: string) =>
        [...output.matchAll(new RegExp(`^${word} (\\S+)`, 'gmu'))].map((match) => match[1] ?? '');
      resolve({ passed: names('PASS'), failed: names('FAIL'), output });
    });
  });
}

/** The runner needs Python with PyYAML, which the project's users need not have. */
function hasPython(): Promise<boolean> {
  return new Promise((resolve) => {
    const python = spawn('python3', ['-c', 'import yaml']);
    python.on('error', () => resolve(false));
    python.on('close', (code) => resolve(code === 0));
  });
}

test('the recorded scenarios give the recorded conditions, events and objects', async (context) => {
  if (!existsSync(recordings)) return context.skip(`no recordings at ${recordings}`);
  if (!(await hasPython())) return context.skip('replaying the recordings needs python3 with PyYAML');
  const environment = await Environment.start({ start: false });
  try {
    // The recording was made with this flag, which shows in messages, and with cluster-admin for the controllers.
    const { receiverUrl, eventsUrl } = await environment.startNotification();
    const flags = ['--requeue-dependency=5s', `--events-addr=${eventsUrl}`];
    await environment.startSource(...flags);
    await environment.startKustomize(...flags);
    await environment.startHelm(...flags);
    const { kubeconfig } = environment.plane;
    const { passed, failed, output } = await replay({ kubeconfig, port: await freePort(), receiverUrl, eventsUrl });
    assert.ok(passed.length > 125, `only ${passed.length} scenarios passed:\n${output.slice(-5000)}`);
    const unexpected = failed.filter((name) => waitsFor[name] === undefined);
    assert.deepEqual(unexpected, [], output.slice(-20_000));
    assert.deepEqual(
      Object.keys(waitsFor).filter((name) => passed.includes(name)),
      [],
      'these pass now: take them off the list',
    );
  } finally {
    await environment.stop();
  }
});

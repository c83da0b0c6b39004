import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ControllerProcess } from './controller-process.ts';
import { ProcessGroup } from './process-group.ts';
import { waitFor } from './wait-for.ts';

/** The least that a controller is: ready after a while, metrics, JSON logs, an end on SIGTERM. */
const stub = `
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const [name, ...flags] = process.argv.slice(2);
const address = (flag) => flags.findLast((one) => one.startsWith('--' + flag + '=')).split('=')[1].split(':');
const [host, port] = address('health-addr');
const [metricsHost, metricsPort] = address('metrics-addr');
const marker = flags.find((one) => one.startsWith('--lose-port=')) ?.split('=')[1];
if (marker !== undefined && !existsSync(marker)) {
  writeFileSync(marker, '');
  console.error('listen EADDRINUSE: address already in use ' + host + ':' + port);
  process.exit(1);
}
if (flags.includes('--broken')) { console.error('cannot read ' + process.env.KUBECONFIG); process.exit(2); }
let asked = 0;
createServer((_, response) => response.writeHead(++asked > 2 ? 200 : 500).end()).listen(port, host);
createServer((_, response) => response.end('up 1\\n')).listen(metricsPort, metricsHost);
console.log(JSON.stringify({ level: 'info', msg: 'starting ' + name, flags }));
console.log('not JSON');
process.on('SIGTERM', () => process.exit(0));
`;

describe('ControllerProcess', () => {
  let dir: string;
  let group: ProcessGroup;
  let entry: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-controller-'));
    entry = join(dir, 'stub.mjs');
    await writeFile(entry, stub);
    group = new ProcessGroup();
  });
  after(async () => {
    await group.close();
    await rm(dir, { recursive: true });
  });

  it('starts anew where somebody else was quicker to take its port', async () => {
    const flags = [`--lose-port=${join(dir, 'lost')}`];
    const controller = await ControllerProcess.start({ name: 'y', kubeconfig: '/none', flags, entry, group });
    assert.equal(await controller.stop(), 0);
  });

  it('starts, logs, measures and stops', async () => {
    const logFile = join(dir, 'log');
    const options = { name: 'x-controller', kubeconfig: '/none', flags: ['--concurrent=7'], entry, group, logFile };
    const controller = await ControllerProcess.start(options);
    const line = await controller.waitForLog('its start', ({ msg }) => msg === 'starting x-controller');
    assert.ok((line['flags'] as string[]).includes('--concurrent=7'));
    await controller.waitForLog('a line as it came', ({ msg }) => msg === 'not JSON');
    assert.equal(await controller.metrics(), 'up 1\n');
    assert.equal(await controller.stop(), 0);
    const written = async () => /starting x-controller.*\nnot JSON\n/.test(await readFile(logFile, 'utf8'));
    await waitFor(written, 'the log file to be written');
  });

  it('is killed', async () => {
    const controller = await ControllerProcess.start({ name: 'x', kubeconfig: '/none', entry, group });
    assert.equal(await controller.kill(), 'SIGKILL');
    assert.equal(await controller.exited, 'SIGKILL');
  });

  it('says why it did not start, at once', async () => {
    const start = ControllerProcess.start({ name: 'x', kubeconfig: '/none', flags: ['--broken'], entry, group });
    await assert.rejects(start, /x did not start\n.*cannot read \/none/s);
  });
});

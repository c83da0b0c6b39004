import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { GitServer } from './git-server.ts';
import type { Webhook } from './webhook.ts';

const help = `Serves empty Git repositories over HTTP on loopback, to which anybody may push, prints the URL of each on a line of
its own, and runs until it is told to end. Then the repositories are gone.

  node test/gitserver/main.ts [flags] NAME…

  --port N             port to listen on; a free one when absent
  --webhook-file FILE  whom to tell of pushes, as GitHub does: {"url": ..., "token": ...}; looked at after each push, and
                       need not exist
  --help
`;

const stop = Promise.withResolvers<void>();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'webhook-file': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if (positionals.length === 0) throw new Error('expected the name of a repository; see --help');
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.resolve());
  await using server = await GitServer.start({ port: Number(values.port) });
  for (const name of positionals) {
    const repository = await server.create(name);
    const file = values['webhook-file'];
    if (file !== undefined) repository.webhook = () => readWebhook(file);
    process.stdout.write(`${repository.url}\n`);
  }
  await stop.promise;
}

async function readWebhook(file: string): Promise<Webhook | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Webhook;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

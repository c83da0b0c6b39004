import { parseArgs } from 'node:util';
import { GitServer } from './git-server.ts';

const help = `Serves empty Git repositories over HTTP on loopback, to which anybody may push, prints the URL of each on a line of
its own, and runs until it is told to end. Then the repositories are gone.

  node test/gitserver/main.ts [flags] NAME…

  --port N   port to listen on; a free one when absent
  --help
`;

const stop = Promise.withResolvers<void>();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { port: { type: 'string', default: '0' }, help: { type: 'boolean', default: false } },
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
    const { url } = await server.create(name);
    process.stdout.write(`${url}\n`);
  }
  await stop.promise;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

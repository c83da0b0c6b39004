import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ranges that systems take outgoing ports from (Linux 32768, macOS and BSD 49152). */
const lowest = 20_000;
const highest = 32_000;

/** Each process counts up from a place of its own, so that two that look at the same time do not find the same. */
const apart = 40;
let next = lowest + ((process.pid * apart) % (highest - lowest));

/**
 * A loopback TCP port that nobody listens on. For programs that cannot be told to choose one themselves and tell it.
 * The port is not held: between the answer and its use somebody else could take it, so whoever starts the program must
 * be ready to try again. It stays clear of the ports that outgoing connections use, so that a server which is
 * restarted later finds its port free.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = next;
    next = port + 1 < highest ? port + 1 : lowest;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${lowest} and ${highest}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}

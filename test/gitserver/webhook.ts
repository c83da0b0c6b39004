import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { git } from './git.ts';

/** Whom to tell of pushes, and the secret that calls are signed with. */
export interface Webhook {
  readonly url: string;
  readonly token: string;
}

/** Branches and tags, each with the commit that it stands on. */
export type Refs = ReadonlyMap<string, string>;

const nobody = '0'.repeat(40);
const tries = 5;
const timeoutMs = 10_000;

/** The refs of a bare repository. */
export async function refsOf(dir: string): Promise<Refs> {
  const lines = (await git(dir, ['for-each-ref', '--format=%(refname) %(objectname)'])).split('\n');
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [name = '', commit = ''] = line.split(' ');
      return name === '' ? [] : [[name, commit]];
    }),
  );
}

/**
 * Tells of what a push has moved, a call for each ref, as GitHub does: a signed `push` event. Throws when a call is not
 * taken, also not when it is made again.
 */
export async function tellOfPush(webhook: Webhook, cloneUrl: string, before: Refs, after: Refs): Promise<void> {
  for (const ref of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(ref) ?? nobody, after.get(ref) ?? nobody];
    if (from === to) continue;
    await call(webhook, JSON.stringify({ ref, before: from, after: to, repository: { clone_url: cloneUrl } }));
  }
}

async function call({ url, token }: Webhook, body: string): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-hub-signature-256': `sha256=${createHmac('sha256', token).update(body).digest('hex')}`,
  };
  for (let n = 1; ; n++) {
    const options = { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) };
    const answer = await fetch(url, options).catch((error: unknown) => error);
    if (answer instanceof Response && answer.ok) return;
    if (n === tries) throw new Error('the webhook does not take the push', { cause: answer });
    await delay(100 * n);
  }
}

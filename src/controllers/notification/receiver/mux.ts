import { posix } from 'node:path';
import type { Answer } from './answers.ts';
import { WEBHOOK_PREFIX } from './webhook-path.ts';

/**
 * How Go's ServeMux answers what it does not give to the handler of `/hook/` (net/http server.go): a path that could be
 * written shorter is sent there, another is not found. Undefined for a call that is the handler's.
 */
export function muxAnswer(url: string): Answer | undefined {
  const [path = '', query] = url.split(/\?(.*)/s);
  if (!path.startsWith('/')) return notFound;
  const clean = cleanPath(path);
  if (clean !== path) return redirect(clean, query);
  if (path === WEBHOOK_PREFIX.slice(0, -1)) return redirect(WEBHOOK_PREFIX, query);
  return path.startsWith(WEBHOOK_PREFIX) ? undefined : notFound;
}

const notFound: Answer = { status: 404, body: '404 page not found\n' };

function redirect(path: string, query: string | undefined): Answer {
  return { status: 307, location: query === undefined ? path : `${path}?${query}`, body: '' };
}

function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.startsWith('//') ? clean.slice(1) : clean;
}

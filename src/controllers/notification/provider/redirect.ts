import { NotifyError } from './notifier.ts';

interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
}

const redirects: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Where an answer sends the request on: undefined for an answer that is no redirect. Only the same host may be named, by
 * https if the request went there by https, and only in a way that keeps the request as it is: Go's client, which Flux
 * uses, would follow anywhere with all headers but Authorization, and turn a POST into a GET that delivers nothing. Throws
 * NotifyError (Differs from Flux: ADR 27).
 */
export function redirectTarget(method: string, url: string, answer: Answer): string | undefined {
  const location = answer.header('location');
  if (!redirects.includes(answer.status) || location === undefined) return undefined;
  const from = new URL(url);
  if (!URL.canParse(location, from)) throw refusal(from, 'what is no URL');
  const to = new URL(location, from);
  if (to.hostname !== from.hostname) throw refusal(from, 'another host');
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:';
  if (to.protocol !== from.protocol && !isUpgrade) throw refusal(from, 'another scheme');
  if (to.port !== from.port && !isUpgrade) throw refusal(from, 'another port');
  if (method !== 'GET' && answer.status !== 307 && answer.status !== 308) {
    throw refusal(from, `another address with status code ${answer.status}, which loses the message`);
  }
  return to.href;
}

function refusal({ host }: URL, where: string): NotifyError {
  return new NotifyError(`${host} redirects to ${where}, which is not followed`, { permanent: true });
}

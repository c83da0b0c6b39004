import { createHash, createHmac } from 'node:crypto';
import type { CloudRequest } from './cloud-server.ts';

/**
 * Whether AWS would take a request's signature, computed as its documentation says and with nothing of the code under
 * test. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSignedBy(secretAccessKey: string, { method, url, headers, body }: CloudRequest): boolean {
  const { authorization = '' } = headers;
  const [, credential = '', signedHeaders = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  const scope = credential.split('/').slice(1).join('/');
  const date = headers['x-amz-date'] ?? '';
  return signature === sign(secretAccessKey, { method, url, headers, signedHeaders, scope, date, body });
}

/** Whether AWS would take the signature in a URL's query; these are the headers that go along. */
export function isPresignedBy(secretAccessKey: string, url: URL, headers: Readonly<Record<string, string>>): boolean {
  const query = new URLSearchParams(url.search);
  const signature = query.get('X-Amz-Signature');
  query.delete('X-Amz-Signature');
  const unsigned = new URL(url);
  unsigned.search = query.toString();
  const scope = query.get('X-Amz-Credential')?.split('/').slice(1).join('/') ?? '';
  const signedHeaders = query.get('X-Amz-SignedHeaders') ?? '';
  const date = query.get('X-Amz-Date') ?? '';
  return (
    signature === sign(secretAccessKey, { method: 'GET', url: unsigned, headers, signedHeaders, scope, date, body: '' })
  );
}

interface Signed {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: string;
  readonly scope: string;
  readonly date: string;
  readonly body: string;
}

function sign(secret: string, { method, url, headers, signedHeaders, scope, date, body }: Signed): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const all: Readonly<Record<string, string>> = { ...headers, host: url.host };
  const canonical = [
    method,
    url.pathname.split('/').map(encode).join('/'),
    query.join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${(all[name] ?? '').trim()}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n');
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

import { Agent, request } from 'undici';

export interface ExchangeOptions {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

/** One request on a connection of its own; any certificate of the server will do. */
export async function exchange(url: string, { method = 'GET', headers = {}, body, signal }: ExchangeOptions) {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const answer = await request(url, { dispatcher, method, headers, body: body ?? null, signal });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  } finally {
    await dispatcher.destroy();
  }
}

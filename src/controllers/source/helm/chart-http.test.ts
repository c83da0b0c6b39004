import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { ChartRepository } from '../../../../test/support/chart-repository.ts';
import { type ChartAccess, ChartHttp, ChartHttpError } from './chart-http.ts';

const credentials = { username: 'user', password: 'secret-word' };

describe('ChartHttp', () => {
  let home: ChartRepository;
  let elsewhere: ChartRepository;
  const http = new ChartHttp();

  before(async () => {
    [home, elsewhere] = await Promise.all([ChartRepository.start(), ChartRepository.start()]);
    for (const repository of [home, elsewhere])
      repository.add({ name: 'demo', version: '1.0.0', files: { noise: randomBytes(4096) } });
  });
  after(async () => {
    await http.close();
    await Promise.all([home.stop(), elsewhere.stop()]);
  });

  afterEach(() => {
    home.fault = undefined;
    elsewhere.fault = undefined;
    home.access = undefined;
    for (const repository of [home, elsewhere]) repository.requests.length = 0;
  });

  const access = (more: Partial<ChartAccess> = {}): ChartAccess => ({
    url: `${home.url}/`,
    passCredentials: false,
    ...credentials,
    ...more,
  });

  async function get(
    url: string,
    from = access(),
    { maxBytes = 1_000_000, ms = 10_000, headers = {} }: { maxBytes?: number; ms?: number; headers?: object } = {},
  ): Promise<{ status: number; size: number }> {
    const { status, body } = await http.get(new URL(url), from, {
      signal: AbortSignal.timeout(ms),
      maxBytes,
      headers: { ...headers },
      tooLarge: () => new ChartHttpError('too large'),
    });
    let size = 0;
    for await (const chunk of body) size += chunk.length;
    return { status, size };
  }

  const seen = (repository: ChartRepository): readonly (string | undefined)[] =>
    repository.requests.splice(0).map(({ authorization }) => authorization);

  const basic = `Basic ${Buffer.from('user:secret-word').toString('base64')}`;

  describe('credentials', () => {
    it('go to the origin of the repository', async () => {
      await get(`${home.url}/index.yaml`);
      assert.deepEqual(seen(home), [basic]);
    });

    it('go to no other, be it another port or name of the same host', async () => {
      await get(`${elsewhere.url}/demo-1.0.0.tgz`);
      await get(`${home.url.replace('127.0.0.1', 'localhost')}/demo-1.0.0.tgz`);
      assert.deepEqual([seen(elsewhere), seen(home)], [[undefined], [undefined]]);
    });

    it('go where the index leads when that was asked for', async () => {
      await get(`${elsewhere.url}/demo-1.0.0.tgz`, access({ passCredentials: true }));
      assert.deepEqual(seen(elsewhere), [basic]);
    });

    it('never go along a redirect to another origin', async () => {
      home.fault = { type: 'redirect', to: elsewhere.url };
      await get(`${home.url}/demo-1.0.0.tgz`);
      await get(`${home.url}/demo-1.0.0.tgz`, access({ passCredentials: true }));
      assert.deepEqual(
        [seen(home), seen(elsewhere)],
        [
          [basic, basic],
          [undefined, undefined],
        ],
      );
    });

    it('do not come back after a redirect elsewhere and home again', async () => {
      home.fault = { type: 'redirect', to: elsewhere.url, on: 'chart' };
      elsewhere.fault = { type: 'redirect', to: `${home.url}/index.yaml?` };
      await get(`${home.url}/demo-1.0.0.tgz`);
      assert.deepEqual([seen(home), seen(elsewhere)], [[basic, undefined], [undefined]]);
    });

    it('of the URL are for its own host', async () => {
      await get(home.url.replace('//', '//me:mine@').concat('/index.yaml'), { url: home.url, passCredentials: false });
      assert.deepEqual(seen(home), [`Basic ${Buffer.from('me:mine').toString('base64')}`]);
    });

    it('stand in no message', async () => {
      const url = home.url.replace('//', '//me:secret-word@');
      await assert.rejects(get(`${url}/nothing`), (error: Error) => !error.message.includes('secret-word'));
      seen(home);
    });
  });

  it('tells who was refused', async () => {
    home.access = { username: 'other', password: 'x' };
    const refused = (error: unknown): boolean => error instanceof ChartHttpError && error.isAuthentication;
    await assert.rejects(get(`${home.url}/index.yaml`), refused);
    home.access = undefined;
    await assert.rejects(get(`${home.url}/nothing`), (error: unknown) => !refused(error));
  });

  it('asks with conditions', async () => {
    const { headers } = await fetch(`${home.url}/index.yaml`);
    const options = { headers: { 'if-none-match': headers.get('etag') ?? '' } };
    assert.deepEqual(await get(`${home.url}/index.yaml`, access(), options), { status: 304, size: 0 });
  });

  const failures: readonly { name: string; fault: ChartRepository['fault']; want: RegExp; ms?: number }[] = [
    {
      name: 'a status',
      fault: { type: 'status', status: 503 },
      want: /^failed to fetch .* : 503 Service Unavailable$/,
    },
    { name: 'no answer', fault: { type: 'hang' }, want: /context deadline exceeded/, ms: 200 },
    {
      name: 'an answer that breaks off',
      fault: { type: 'truncate', bytes: 10 },
      want: /unexpected EOF|connection reset|terminated/,
    },
    {
      name: 'an answer that takes too long',
      fault: { type: 'slow', pauseMs: 60_000 },
      want: /deadline exceeded/,
      ms: 500,
    },
  ];
  for (const { name, fault, want, ms } of failures) {
    it(`says so for ${name}`, async () => {
      home.fault = fault;
      await assert.rejects(
        get(`${home.url}/demo-1.0.0.tgz`, access(), ms === undefined ? {} : { ms }),
        (error) => error instanceof ChartHttpError && want.test(error.message),
      );
    });
  }

  it('takes no more bytes than it may', async () => {
    await assert.rejects(get(`${home.url}/demo-1.0.0.tgz`, access(), { maxBytes: 10 }), /^ChartHttpError: too large$/);
  });

  it('goes round no circle', async () => {
    home.fault = { type: 'redirect', to: home.url };
    await assert.rejects(get(`${home.url}/index.yaml`), /stopped after 10 redirects/);
  });

  it('is sent to no metadata service, by a URL or by a redirect', async () => {
    await assert.rejects(get('http://169.254.169.254/latest/meta-data'), /not allowed/);
    await assert.rejects(get('http://[fd00:ec2::254]/'), /not allowed/);
    home.fault = { type: 'redirect', to: 'http://169.254.169.254' };
    await assert.rejects(get(`${home.url}/index.yaml`), /not allowed/);
  });

  it('follows no redirect to a file, and none that is no URL', async () => {
    for (const location of ['file:///etc/passwd', 'http://[']) {
      const server = createServer((_request, response) => response.writeHead(302, { location }).end());
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      await assert.rejects(get(`http://127.0.0.1:${port}/`), ChartHttpError);
      server.close();
    }
  });
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ChartRepository, packedChart } from '../../../../test/support/chart-repository.ts';
import { ChartHttp } from '../helm/chart-http.ts';
import type { IndexedChart } from '../helm/stored-indexes.ts';
import { ChartNotFound, ChartSourceError } from './charts.ts';
import { indexCharts } from './index-charts.ts';

const { signal } = new AbortController();
const demo = { name: 'demo', version: '1.0.0' };

describe('the archive of a chart in an index', () => {
  let repository: ChartRepository;
  const http = new ChartHttp();

  before(async () => {
    repository = await ChartRepository.start();
    repository.add(demo);
  });
  after(async () => {
    await http.close();
    await repository.stop();
  });

  const bytes = Buffer.from(packedChart(demo));
  const hex = createHash('sha256').update(bytes).digest('hex');

  async function download(more: Partial<IndexedChart> = {}, maxBytes = 1_000_000): Promise<Buffer> {
    const chart = { ...demo, urls: ['demo-1.0.0.tgz'], created: 0, digest: hex, ...more };
    const access = { url: repository.url, passCredentials: false };
    const source = indexCharts({ http, access, maxBytes, versions: async () => [chart] });
    return Buffer.from(await (await source.find('demo', '', signal)).download(AbortSignal.timeout(10_000)));
  }

  it('is what the index promises, in either spelling of a digest', async () => {
    for (const digest of [hex, `sha256:${hex}`, hex.toUpperCase(), '', 'of another kind'])
      assert.deepEqual(await download({ digest }), bytes);
  });

  it('is refused when its digest is another than in the index', async () => {
    await assert.rejects(download({ digest: 'a'.repeat(64) }), ChartSourceError);
  });

  it('is refused when it is too large, or has no address', async () => {
    await assert.rejects(download({}, 10), ChartSourceError);
    await assert.rejects(download({ urls: [] }), ChartSourceError);
  });

  it('is not looked for where there is no such chart or version', async () => {
    const access = { url: repository.url, passCredentials: false };
    const cases = [
      { versions: undefined, wanted: '', want: /^no chart name found$/ },
      { versions: [], wanted: '', want: /^no chart version found$/ },
      { versions: [{ ...demo, urls: [], created: 0, digest: '' }], wanted: '>1', want: /matching '>1' found$/ },
      { versions: [{ ...demo, urls: [], created: 0, digest: '' }], wanted: 'newest', want: /improper constraint/ },
    ];
    for (const { versions, wanted, want } of cases) {
      const source = indexCharts({ http, access, maxBytes: 1, versions: async () => versions });
      const isTold = (error: unknown): boolean => error instanceof ChartNotFound && want.test(error.message);
      await assert.rejects(source.find('demo', wanted, signal), isTold);
    }
  });
});

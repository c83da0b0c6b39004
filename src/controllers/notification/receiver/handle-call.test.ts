import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { apiError } from '../../../../test/support/fake-client.ts';
import { receiver, TOKEN, WebhookWorld } from '../../../../test/support/webhook-world.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import { createLogger } from '../../../runtime/logging.ts';
import { callFilters } from './filter.ts';
import { webhookPath } from './webhook-path.ts';

const json = { 'content-type': 'application/json' };
const repositories = (...names: readonly string[]) => names.map((name) => ({ kind: 'GitRepository' as const, name }));
const all = { kind: 'GitRepository', name: '*', matchLabels: { team: 'a' } } as const;
const generic = (spec: Partial<Receiver['spec']> = {}) => receiver({ type: 'generic', ...spec });

describe('a call', () => {
  it('wakes by a request that names us, and says when', async () => {
    await using world = await WebhookWorld.start(generic());
    const before = Date.now();
    assert.deepEqual({ ...(await world.answer({ body: 'x' })), headers: {} }, { status: 200, headers: {}, body: '' });
    const { metadata } = world.api.find('GitRepository', 'repo') ?? {};
    const at = Date.parse(metadata?.annotations?.['reconcile.fluxcd.io/requestedAt'] ?? '');
    assert.ok(at >= before && at <= Date.now());
    assert.ok(metadata?.managedFields?.some(({ manager }) => manager === 'notification-controller'));
  });

  it('that comes again wakes again, and that is all', async () => {
    await using world = await WebhookWorld.start(generic());
    for (let n = 0; n < 3; n++) assert.equal(await world.call({}), 200);
    assert.deepEqual(world.woken(), ['repo', 'repo', 'repo']);
  });

  it('of another path is nobody’s, and is not read', async () => {
    await using world = await WebhookWorld.start(generic());
    const paths = ['/', '/other', '/hook/', '/hook/other', '/hook/path?x=1', '/hook/path/', '/HOOK/path', '*'];
    for (const path of paths) assert.equal(await world.call({ body: 'x' }, path), 404, path);
    for (const [path, location] of [
      ['/hook', '/hook/'],
      ['/hook?x=1', '/hook/?x=1'],
      ['/hook//path', '/hook/path'],
      ['/x/../hook/./path?y', '/hook/path?y'],
      ['//evil.example/hook/', '/evil.example/hook/'],
    ] as const) {
      const { status, headers } = await world.answer({ body: 'x' }, path);
      assert.deepEqual([status, headers.location], [307, location]);
    }
    assert.equal((await world.answer({}, '/other')).body, '404 page not found\n');
    assert.deepEqual(
      world.api.taken().filter((request) => request.startsWith('get ')),
      [],
    );
  });

  it('waits for nobody while the Receiver is suspended or not Ready', async () => {
    await using world = await WebhookWorld.start(generic({ suspend: true }));
    assert.equal(await world.call({}), 503);
    const { status } = world.receiver;
    const [ready] = status?.conditions ?? [];
    assert.ok(ready !== undefined);
    for (const conditions of [
      [],
      [{ ...ready, status: 'False' as const }],
      [ready, { ...ready, type: 'Reconciling' }],
      [ready, { ...ready, type: 'Stalled' }],
    ]) {
      world.receiver = { ...generic(), status: { ...status, conditions } };
      assert.equal(await world.call({}), 503);
    }
    assert.deepEqual(world.woken(), []);
  });

  it('of a path that another claims goes to whom its token gives it', async () => {
    const path = webhookPath(Buffer.from(TOKEN), { name: 'hook', namespace: 'apps' });
    const claiming = (name: string, spec: Partial<Receiver['spec']>) => {
      const object = generic(spec);
      return { ...object, metadata: { ...object.metadata, name }, status: { ...object.status, webhookPath: path } };
    };
    await using world = await WebhookWorld.start(claiming('hook', {}));
    world.others = [
      claiming('older', { resources: repositories('other') }),
      claiming('absent', { secretRef: { name: 'absent' } }),
    ];
    world.target('other');
    world.woken();
    assert.equal(await world.call({}, path), 200);
    assert.deepEqual(world.woken(), ['repo']);
    world.secret({ token: 'another' });
    assert.equal(await world.call({}, path), 200);
    assert.deepEqual(world.woken(), ['other']);
  });

  it('is counted, without its path', async () => {
    await using world = await WebhookWorld.start(generic());
    await world.call({});
    await world.call({ method: 'GET' }, '/hook/guess');
    const text = await world.metrics.metrics();
    assert.match(text, /gotk_receiver_http_request_duration_seconds_count\{[^}]*method="POST",code="200"\} 1/);
    assert.match(text, /gotk_receiver_http_request_duration_seconds_count\{[^}]*method="GET",code="404"\} 1/);
    assert.match(text, /gotk_receiver_http_requests_inflight\{service="",handler="\/hook\/"\} 0/);
    assert.doesNotMatch(text, /hook\/(path|guess)/);
  });
});

describe('filters', () => {
  const cases: readonly {
    readonly name: string;
    readonly spec: Partial<Receiver['spec']>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
    readonly status: number;
    readonly woken: readonly string[];
  }[] = [
    {
      name: 'choose by the body and the object',
      spec: { resourceFilter: 'req.target == res.metadata.name', resources: repositories('repo', 'other') },
      body: '{"target":"other"}',
      status: 200,
      woken: ['other'],
    },
    {
      name: 'of one entry are asked beside the one of all',
      spec: {
        resourceFilter: 'req.n > 1',
        resources: [{ ...all, filter: "res.metadata.name.startsWith('o')" }, ...repositories('repo')],
      },
      body: '{"n":2}',
      status: 200,
      woken: ['other', 'repo'],
    },
    {
      name: 'that are not met wake nobody, and that is well',
      spec: { resourceFilter: 'req.n > 1' },
      body: '{"n":1}',
      status: 200,
      woken: [],
    },
    {
      name: 'fail where a field is missing',
      spec: { resourceFilter: 'req.n > 1' },
      body: '{}',
      status: 500,
      woken: [],
    },
    { name: 'need JSON where it is said', spec: { resourceFilter: 'true' }, body: 'x', status: 500, woken: [] },
    { name: 'need an object', spec: { resourceFilter: 'true' }, body: '[1]', status: 500, woken: [] },
    {
      name: 'see nothing of what is not said to be JSON',
      spec: { resourceFilter: 'size(req) == 0' },
      headers: { 'content-type': 'text/plain' },
      body: '{"n":1}',
      status: 200,
      woken: ['repo'],
    },
    {
      name: 'that fail for one entry do not keep the others from being woken',
      spec: {
        resources: [{ kind: 'GitRepository', name: 'other', filter: 'req.absent' + ' == 1' }, ...repositories('repo')],
      },
      body: '{}',
      status: 500,
      woken: ['repo'],
    },
    {
      name: 'take names of JavaScript for names',
      spec: { resourceFilter: "'__proto__' in req && !has(req.constructor) && !has(req.toString)" },
      body: '{"__proto__":{"toString":1}}',
      status: 200,
      woken: ['repo'],
    },
    {
      name: 'that would not end are given up',
      spec: { resourceFilter: 'req.l.all(a, req.l.all(b, req.l.all(c, a + b + c >= 0)))' },
      body: JSON.stringify({ l: Array.from({ length: 1000 }, (_, n) => n) }),
      status: 500,
      woken: [],
    },
  ];
  for (const { name, spec, headers = json, body, status, woken } of cases) {
    it(name, async () => {
      await using world = await WebhookWorld.start(generic(spec));
      world.target('other', { labels: { team: 'a' } });
      world.woken();
      assert.equal(await world.call({ headers, body }), status);
      assert.deepEqual([...world.woken()].sort(), [...woken].sort());
    });
  }

  it('of a call end together, however many objects there are', () => {
    const slow = generic({ resourceFilter: 'req.l.all(a, req.l.all(b, a + b >= 0))' });
    const body = Buffer.from(JSON.stringify({ l: Array.from({ length: 100 }, (_, n) => n) }));
    const { others: filter } = callFilters(slow, { headers: json, body }, { about: '' }, 0.001);
    assert.ok(filter !== undefined);
    assert.equal(filter(slow), true);
    assert.throws(() => filter(slow), { name: 'CelError', code: 'Budget' });
  });
});

describe('objects', () => {
  it('are found by their labels, in the namespace', async () => {
    await using world = await WebhookWorld.start(generic({ resources: [all] }));
    world.target('a', { labels: { team: 'a', more: 'x' } });
    world.target('b', { labels: { team: 'b' } });
    world.target('elsewhere', { labels: { team: 'a' }, namespace: 'others' });
    assert.equal(await world.call({}), 200);
    assert.deepEqual(world.woken(), ['a']);
  });

  it('need not be there when they are looked for by labels', async () => {
    await using world = await WebhookWorld.start(generic({ resources: [all] }));
    assert.equal(await world.call({}), 200);
  });

  it('must be there when they are named', async () => {
    await using world = await WebhookWorld.start(generic({ resources: repositories('absent', 'repo') }));
    assert.equal(await world.call({}), 500);
    assert.equal(world.woken().includes('repo'), true);
  });

  it('with a star for a name need labels', async () => {
    await using world = await WebhookWorld.start(generic({ resources: repositories('*') }));
    assert.equal(await world.call({}), 500);
    assert.deepEqual(world.woken(), []);
  });

  it('of other namespaces are woken unless that is forbidden', async () => {
    const resources = [{ kind: 'GitRepository', name: 'other', namespace: 'others' }, ...repositories('repo')] as const;
    for (const noCrossNamespaceRefs of [false, true]) {
      await using world = await WebhookWorld.start(generic({ resources }), { noCrossNamespaceRefs });
      world.target('other', { namespace: 'others' });
      world.woken();
      assert.equal(await world.call({}), noCrossNamespaceRefs ? 500 : 200);
      assert.deepEqual([...world.woken()].sort(), noCrossNamespaceRefs ? ['repo'] : ['other', 'repo']);
    }
  });

  it('of some kinds need a version, which may be any that is served', async () => {
    const app = { kind: 'Kustomization', name: 'app' } as const;
    await using world = await WebhookWorld.start(generic({ resources: [app] }));
    world.api.edit({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'apps' },
    });
    assert.equal(await world.call({}), 500);
    for (const [apiVersion, status] of [
      ['kustomize.toolkit.fluxcd.io/v1', 200],
      ['kustomize.toolkit.fluxcd.io/v9', 500],
    ] as const) {
      world.receiver = generic({ resources: [{ ...app, apiVersion }] });
      assert.equal(await world.call({}), status);
    }
  });

  it('that cannot be woken do not keep the others from it', async () => {
    await using world = await WebhookWorld.start(generic({ resources: [all] }));
    for (const name of ['a', 'b', 'c']) world.target(name, { labels: { team: 'a' } });
    world.api.answer = ({ verb, name }) =>
      verb === 'patch' && name === 'a' ? apiError(403, 'Forbidden', 'not you') : undefined;
    assert.equal(await world.call({}), 500);
    assert.deepEqual([...world.woken()].sort(), ['a', 'b', 'c']);
  });
});

describe('a Receiver that wakes sources by itself', () => {
  const url = 'https://git.example/team/fleet';
  const body = JSON.stringify({ ref: 'refs/heads/main', repository: { clone_url: `${url}.git` } });
  const waking = (value: string, spec: Partial<Receiver['spec']> = {}) => {
    const object = generic({ resources: [], ...spec });
    return { ...object, metadata: { ...object.metadata, annotations: { 'sluice.dev/wake-sources': value } } };
  };
  const cases = [
    { name: 'finds those of its namespace', receiver: waking('namespace'), status: 200, woken: ['mine'] },
    { name: 'finds those of all', receiver: waking('all'), status: 200, woken: ['mine', 'theirs'] },
    { name: 'keeps to its namespace where it must', receiver: waking('all'), status: 500, woken: [], own: true },
    {
      name: 'asks the filter',
      receiver: waking('all', { resourceFilter: "res.metadata.namespace == 'others'" }),
      status: 200,
      woken: ['theirs'],
    },
    {
      name: 'wakes what is listed, too',
      receiver: waking('namespace', { resources: repositories('repo') }),
      status: 200,
      woken: ['mine', 'repo'],
    },
    {
      name: 'does nothing of its own without the annotation',
      receiver: generic({ resources: [] }),
      status: 200,
      woken: [],
    },
    { name: 'does nothing for a value that it does not know', receiver: waking('every'), status: 200, woken: [] },
  ] as const;
  for (const { name, receiver: of, status, woken, ...options } of cases) {
    it(name, async () => {
      await using world = await WebhookWorld.start(of, { noCrossNamespaceRefs: 'own' in options });
      world.target('mine', {}, { url, ref: { branch: 'main' } });
      world.target(
        'theirs',
        { namespace: 'others' },
        { url: 'ssh://git@git.example/team/fleet.git', ref: { branch: 'main' } },
      );
      world.target('release', {}, { url, ref: { branch: 'release' } });
      world.target('another', {}, { url: 'https://git.example/team/other', ref: { branch: 'main' } });
      world.woken();
      assert.equal(await world.call({ headers: json, body }), status);
      assert.deepEqual([...world.woken()].sort(), woken);
      assert.equal(await world.call({ headers: json, body: 'x' }), of.spec.resourceFilter === undefined ? status : 500);
    });
  }
});

describe('the log', () => {
  it('tells neither tokens, nor paths, nor lines of a caller’s making', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const log = createLogger({ level: 'trace', encoding: 'json', stream });
    const gitlab = receiver({ type: 'gitlab' });
    await using world = await WebhookWorld.start(gitlab, { log });
    const event = 'Push\u2028Hook https://user:hunter2@git.example/x';
    const headers = { 'x-gitlab-token': TOKEN, 'x-gitlab-event': Buffer.from(event).toString('latin1') };
    assert.equal(await world.call({ headers }), 200);
    assert.equal(await world.call({ headers: { ...headers, 'x-gitlab-token': 'guess-work' } }), 400);
    const text = lines.join('\n');
    assert.match(text, /handling GitLab event: Push/);
    assert.match(text, /unable to validate payload/);
    assert.doesNotMatch(text, /hunter2|guess-work|hook\/path/);
    assert.equal(text.includes(TOKEN), false);
    assert.equal(text.includes('\u2028'), false);
  });

  it('does not repeat long texts of callers', async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const log = createLogger({ level: 'trace', encoding: 'json', stream });
    await using world = await WebhookWorld.start(receiver({ type: 'github' }), { log });
    const body = '{}';
    const signature = createHmac('sha256', TOKEN).update(body).digest('hex');
    const headers = { ...json, 'x-hub-signature-256': `sha256=${signature}`, 'x-github-event': 'e'.repeat(10_000) };
    assert.equal(await world.call({ headers, body }), 200);
    assert.equal(lines.join('').includes('e'.repeat(600)), false);
  });
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { condition } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, deployment, job, manifest } from '../support/manifests.ts';
import { type Files, inventoryOf, messageOf, sourceApi, statusOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const kustomizationKind = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };

describe('what Kustomizations are given', { concurrency: 4 }, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start();
  });
  after(() => environment?.stop());
  const tenant = (): Promise<Tenant> => environment.tenant();

  describe('fields that shape the objects', { concurrency: 4 }, () => {
    const web = { 'app/web.yaml': manifest(deployment('web')), 'app/cm.yaml': manifest(configMap('cm')) };
    const image = (object: ApiObject): unknown =>
      (object['spec'] as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]
        ?.image;
    const cases: readonly {
      readonly name: string;
      readonly files?: Files;
      readonly spec: object;
      readonly want: readonly string[];
      readonly check?: (team: Tenant) => Promise<void>;
    }[] = [
      {
        name: 'namePrefix and nameSuffix',
        spec: { namePrefix: 'pre-', nameSuffix: '-post' },
        want: ['ConfigMap/pre-cm-post', 'Deployment/pre-web-post'],
      },
      {
        name: 'commonMetadata',
        spec: { commonMetadata: { labels: { team: 'a' }, annotations: { note: 'b' } } },
        want: ['ConfigMap/cm', 'Deployment/web'],
        async check({ kubectl }) {
          const { metadata } = await kubectl.get(ref('apps/v1', 'Deployment', 'web'));
          assert.equal((metadata['labels'] as Record<string, string>)['team'], 'a');
          assert.equal((metadata['annotations'] as Record<string, string>)['note'], 'b');
        },
      },
      {
        name: 'images',
        spec: { images: [{ name: 'example.com/web', newName: 'mirror.example.com/web', newTag: '2' }] },
        want: ['ConfigMap/cm', 'Deployment/web'],
        async check({ kubectl }) {
          assert.equal(image(await kubectl.get(ref('apps/v1', 'Deployment', 'web'))), 'mirror.example.com/web:2');
        },
      },
      {
        name: 'patches, of both kinds, with targets',
        spec: {
          patches: [
            { patch: manifest({ ...deployment('web'), spec: { replicas: 4 } }) },
            { patch: '- {op: replace, path: /data/key, value: patched}', target: { kind: 'ConfigMap', name: 'c.*' } },
          ],
        },
        want: ['ConfigMap/cm', 'Deployment/web'],
        async check({ kubectl, ...team }) {
          const { replicas } = (await kubectl.get(ref('apps/v1', 'Deployment', 'web')))['spec'] as { replicas: number };
          assert.equal(replicas, 4);
          assert.deepEqual((await kubectl.get(ref('v1', 'ConfigMap', 'cm')))['data'], { key: 'patched' });
          assert.ok(team);
        },
      },
      {
        name: 'components, and those that are missing when that is allowed',
        files: {
          'parts/x/kustomization.yaml': manifest({
            ...kustomizationKind,
            apiVersion: 'kustomize.config.k8s.io/v1alpha1',
            kind: 'Component',
            resources: ['more.yaml'],
          }),
          'parts/x/more.yaml': manifest(configMap('more')),
        },
        spec: { components: ['../parts/x', '../parts/missing'], ignoreMissingComponents: true },
        want: ['ConfigMap/cm', 'ConfigMap/more', 'Deployment/web'],
      },
      {
        name: 'buildMetadata',
        files: { 'app/kustomization.yaml': manifest({ ...kustomizationKind, resources: ['cm.yaml'] }) },
        spec: { buildMetadata: ['originAnnotations'] },
        want: ['ConfigMap/cm'],
        async check({ kubectl }) {
          const { metadata } = await kubectl.get(ref('v1', 'ConfigMap', 'cm'));
          const origin = (metadata['annotations'] as Record<string, string>)['config.kubernetes.io/origin'];
          assert.match(origin ?? '', /path: cm\.yaml/);
        },
      },
      {
        name: 'postBuild.substitute, with defaults, and objects that opt out',
        files: {
          'app/web.yaml': null,
          'app/vars.yaml': manifest(
            configMap('vars', { a: variable('name'), b: variable('other:=default'), c: `$${variable('kept')}` }),
            configMap(
              'raw',
              { a: variable('name') },
              { annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } },
            ),
          ),
        },
        spec: { postBuild: { substitute: { name: 'value' } } },
        want: ['ConfigMap/cm', 'ConfigMap/raw', 'ConfigMap/vars'],
        async check(team) {
          assert.deepEqual(await team.data('vars'), { a: 'value', b: 'default', c: variable('kept') });
          assert.deepEqual(await team.data('raw'), { a: variable('name') });
        },
      },
      {
        name: 'a kustomization of the repository, with a base above it and a generator',
        files: {
          'base/kustomization.yaml': manifest({ ...kustomizationKind, resources: ['cm.yaml'] }),
          'base/cm.yaml': manifest(configMap('base')),
          'app/web.yaml': null,
          'app/cm.yaml': null,
          'app/kustomization.yaml': manifest({
            ...kustomizationKind,
            resources: ['../base'],
            namePrefix: 'x-',
            configMapGenerator: [{ name: 'made', literals: ['a=1'], options: { disableNameSuffixHash: true } }],
          }),
        },
        spec: {},
        want: ['ConfigMap/x-base', 'ConfigMap/x-made'],
      },
    ];
    for (const { name, files = {}, spec, want, check } of cases) {
      it(name, async () => {
        const team = await tenant();
        await team.commit(web);
        await team.install(files, { path: './app', ...spec });
        const object = await team.ready();
        assert.deepEqual(inventoryOf(object).toSorted(), want.toSorted());
        const namespaces = (statusOf(object).inventory?.entries ?? []).map(({ id }) => id.split('_')[0]);
        assert.deepEqual(new Set(namespaces), new Set([team.namespace]));
        await check?.(team);
      });
    }

    it('postBuild.substituteFrom, later ones winning, optional ones missing', async () => {
      const team = await tenant();
      const { kubectl } = team;
      await kubectl.apply([
        configMap('first', { a: '1', b: '1' }),
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'second' }, stringData: { b: '2' } },
      ]);
      const substituteFrom = [
        { kind: 'ConfigMap', name: 'first' },
        { kind: 'Secret', name: 'second' },
        { kind: 'ConfigMap', name: 'missing', optional: true },
      ];
      const data = { a: `is ${variable('a')}`, b: `is ${variable('b')}`, c: `is ${variable('c')}` };
      await team.install(
        { 'cm.yaml': manifest(configMap('cm', data)) },
        { postBuild: { substituteFrom, substitute: { c: '3' } } },
      );
      await team.ready();
      assert.deepEqual(await team.data('cm'), { a: 'is 1', b: 'is 2', c: 'is 3' });
    });
  });

  describe('large input', { concurrency: 2 }, () => {
    it('takes a manifest of 10 MB', async () => {
      const team = await tenant();
      const names = Array.from({ length: 12 }, (_, index) => `large-${index}`);
      await team.install({
        'all.yaml': manifest(...names.map((name) => configMap(name, { text: 'large content '.repeat(64_000) }))),
      });
      await team.waitFor('ready', (object) => condition(object, 'Ready')?.status === 'True', 'app', {
        deadlineMs: 60_000,
      });
      assert.equal((await team.configMaps()).length, names.length);
    });

    it('says of an object of 10 MB that it is too large, and goes on with others', async () => {
      const team = await tenant();
      await team.install(
        {
          'a/cm.yaml': manifest(configMap('huge', { text: 'x'.repeat(10_000_000) })),
          'b/cm.yaml': manifest(configMap('small')),
        },
        { path: './a' },
      );
      await team.kustomization({ path: './b' }, 'b');
      await team.ready('b');
      await team.failed('ReconciliationFailed', { says: `ConfigMap/${team.namespace}/huge dry-run failed` });
      assert.ok(messageOf(await team.failed('ReconciliationFailed')).length < 2000);
      assert.deepEqual(await team.configMaps(), ['small']);
    });
  });

  describe('failures', { concurrency: 4 }, () => {
    const sops = { sops: { mac: 'ENC[AES256_GCM,data:x]', version: '3.9.0' } };
    const secret = (fields: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' }, ...fields });
    const good = { 'good.yaml': manifest(configMap('good')) };
    /** Input that is refused: after `good` was applied, these files or this spec come, and nothing of `good` changes. */
    const cases: readonly {
      readonly name: string;
      readonly files?: Files;
      readonly spec?: object;
      readonly reason: string;
      /** What the condition, the event and the log line must tell, `NS` being the namespace. */
      readonly says: readonly string[];
      /** What is left when the Kustomization is deleted in this state; nothing when absent. */
      readonly leaves?: readonly string[];
    }[] = [
      {
        name: 'a path that is not there',
        spec: { path: './nowhere' },
        reason: 'ArtifactFailed',
        says: ['nowhere', 'no such file'],
      },
      {
        name: 'a path that is a file',
        spec: { path: './good.yaml' },
        reason: 'BuildFailed',
        says: ['good.yaml', 'not a directory'],
      },
      {
        name: 'a path that leaves the repository',
        spec: { path: '../../etc' },
        reason: 'ArtifactFailed',
        says: ['etc', 'no such file'],
      },
      {
        name: 'a path with .. in the middle',
        spec: { path: './a/../../../etc' },
        reason: 'ArtifactFailed',
        says: ['etc', 'no such file'],
      },
      {
        name: 'a resource that leaves the repository',
        files: {
          'kustomization.yaml': manifest({ ...kustomizationKind, resources: ['good.yaml', '../../../etc/passwd'] }),
        },
        reason: 'BuildFailed',
        says: ['../../../etc/passwd'],
      },
      {
        name: 'an absolute resource',
        files: { 'kustomization.yaml': manifest({ ...kustomizationKind, resources: ['good.yaml', '/etc/passwd'] }) },
        reason: 'BuildFailed',
        says: ['/etc/passwd'],
      },
      {
        name: 'a generator that reads outside of the repository',
        files: {
          'kustomization.yaml': manifest({
            ...kustomizationKind,
            resources: ['good.yaml'],
            configMapGenerator: [{ name: 'leak', files: ['../../../etc/passwd'] }],
          }),
        },
        reason: 'BuildFailed',
        says: ['../../../etc/passwd'],
      },
      {
        name: 'a symlink that leaves the repository',
        files: {
          'link.yaml': { symlink: '../../../../../etc/passwd' },
          'kustomization.yaml': manifest({ ...kustomizationKind, resources: ['good.yaml', 'link.yaml'] }),
        },
        reason: 'BuildFailed',
        says: ['link.yaml'],
      },
      {
        name: 'a remote base',
        files: {
          'kustomization.yaml': manifest({ ...kustomizationKind, resources: ['https://127.0.0.1:1/base?ref=main'] }),
        },
        reason: 'BuildFailed',
        says: ['127.0.0.1:1/base'],
      },
      {
        name: 'a misspelt field, which would build nothing',
        files: {
          'kustomization.yaml': manifest({ ...kustomizationKind, resourcez: ['good.yaml'] }),
        },
        reason: 'BuildFailed',
        says: ['kustomization.yaml', 'unknown field "resourcez" (did you mean "resources"?)'],
      },
      {
        name: 'three files that are not there',
        files: {
          'kustomization.yaml': manifest({
            ...kustomizationKind,
            resources: ['one.yaml', 'good.yaml', 'two', 'three'],
          }),
        },
        reason: 'BuildFailed',
        says: ["'/one.yaml' doesn't exist", "'/two' doesn't exist", "'/three' doesn't exist"],
      },
      {
        name: 'kustomizations in a circle',
        files: {
          'kustomization.yaml': manifest({ ...kustomizationKind, resources: ['./a'] }),
          'a/kustomization.yaml': manifest({ ...kustomizationKind, resources: ['../b'] }),
          'b/kustomization.yaml': manifest({ ...kustomizationKind, resources: ['../a'] }),
        },
        reason: 'BuildFailed',
        says: ['cycle'],
      },
      {
        name: 'broken YAML',
        files: { 'bad.yaml': 'kind: ConfigMap\n  data: [' },
        reason: 'BuildFailed',
        says: ['bad.yaml'],
      },
      {
        name: 'YAML with tabs',
        files: { 'bad.yaml': 'kind: ConfigMap\nmetadata:\n\tname: x\n' },
        reason: 'BuildFailed',
        says: ['bad.yaml'],
      },
      {
        name: 'an object without a name',
        files: { 'bad.yaml': manifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }) },
        reason: 'BuildFailed',
        says: ['bad.yaml'],
      },
      {
        name: 'the same object twice',
        files: { 'again.yaml': manifest(configMap('good')) },
        reason: 'BuildFailed',
        says: ['ConfigMap', 'good'],
      },
      {
        name: 'a patch without a target',
        spec: { patches: [{ patch: manifest(configMap('nobody')) }] },
        reason: 'BuildFailed',
        says: ['nobody'],
      },
      {
        name: 'a variable without a value',
        files: { 'bad.yaml': manifest(configMap('bad', { a: variable('missing') })) },
        spec: { postBuild: { substitute: { other: '1' } } },
        reason: 'BuildFailed',
        says: ['bad', 'missing'],
      },
      {
        name: 'a source of variables that is not there',
        spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'nowhere' }] } },
        reason: 'BuildFailed',
        says: ['Secret/nowhere', 'not found'],
      },
      {
        name: 'an unknown kind',
        files: { 'bad.yaml': manifest({ apiVersion: 'example.com/v1', kind: 'Unknown', metadata: { name: 'x' } }) },
        reason: 'ReconciliationFailed',
        says: ['Unknown/NS/x dry-run failed', 'no matches for kind "Unknown" in version "example.com/v1"'],
      },
      {
        name: 'an object without a namespace',
        spec: { targetNamespace: undefined },
        reason: 'ReconciliationFailed',
        says: ['ConfigMap/good namespace not specified'],
      },
      {
        name: 'a namespace that is not there',
        spec: { targetNamespace: 'nowhere-to-be-found' },
        reason: 'ReconciliationFailed',
        says: ['ConfigMap/nowhere-to-be-found/good', 'namespaces "nowhere-to-be-found" not found'],
      },
      {
        name: 'a field of the wrong type',
        files: {
          'bad.yaml': manifest({ ...deployment('bad'), spec: { ...deployment('bad').spec, replicas: 'many' } }),
        },
        reason: 'ReconciliationFailed',
        says: ['Deployment/NS/bad dry-run failed', 'replicas'],
      },
      {
        name: 'a value that is not valid',
        files: { 'bad.yaml': manifest({ ...job('bad'), spec: { ...job('bad').spec, parallelism: -1 } }) },
        reason: 'ReconciliationFailed',
        says: ['Job/NS/bad dry-run failed (Invalid)', 'spec.parallelism'],
      },
      {
        name: 'a name that is not valid',
        files: { 'bad.yaml': manifest(configMap('Not_A_Name')) },
        reason: 'ReconciliationFailed',
        says: ['ConfigMap/NS/Not_A_Name dry-run failed (Invalid)', 'metadata.name'],
      },
      {
        name: 'a Secret that SOPS has encrypted, in data',
        files: { 'bad.yaml': manifest(secret({ data: { a: 'RU5D' }, ...sops })) },
        reason: 'ReconciliationFailed',
        says: ['Secret/NS/secret is SOPS encrypted, configuring decryption is required'],
      },
      {
        name: 'a Secret that SOPS has encrypted, in stringData',
        files: { 'bad.yaml': manifest(secret({ stringData: { a: 'ENC[AES256_GCM,data:x]' }, ...sops })) },
        reason: 'ReconciliationFailed',
        says: ['Secret/NS/secret is SOPS encrypted, configuring decryption is required'],
      },
      {
        name: 'an account that may not',
        spec: { serviceAccountName: 'weak' },
        files: { 'good.yaml': manifest(configMap('good', { key: '2' })) },
        reason: 'ReconciliationFailed',
        says: ['ConfigMap/NS/good dry-run failed (Forbidden)', 'system:serviceaccount:NS:weak'],
        leaves: ['good', 'old'], // there is no such account
      },
    ];

    for (const { name, files = {}, spec = {}, reason, says, leaves = [] } of cases) {
      it(`${name}: told once, nothing applied, nothing pruned`, async () => {
        const team = await tenant();
        const first = await team.install({ ...good, 'old.yaml': manifest(configMap('old')) });
        await team.applied(first);
        const before = await team.kubectl.get(ref('v1', 'ConfigMap', 'good'));

        await team.kustomization({ suspend: true });
        const sha = await team.push({ ...files, 'old.yaml': null, 'new.yaml': manifest(configMap('new')) });
        const repo = ref(sourceApi, 'GitRepository', 'repo');
        await team.kubectl.waitFor(repo, `at ${sha}`, (object) =>
          JSON.stringify(object['status']).includes(`@sha1:${sha}"`),
        );
        const logged = team.logs().length;
        await team.kustomization({ suspend: false, ...spec });
        const failed = await team.failed(reason);

        const wanted = says.map((text) => text.replaceAll('NS', team.namespace));
        for (const text of wanted) assert.ok(messageOf(failed).includes(text), `${text} in ${messageOf(failed)}`);
        assert.equal(condition(failed, 'Stalled'), undefined);
        assert.equal(condition(failed, 'Reconciling')?.reason, 'ProgressingWithRetry');
        assert.equal(statusOf(failed).lastAppliedRevision, `main@sha1:${first}`);
        assert.deepEqual(await team.configMaps(), ['good', 'old']);
        assert.deepEqual(await team.kubectl.get(before), before);

        await waitFor(async () => (await team.events()).some((event) => event.reason === reason), 'the event');
        const events = (await team.events()).filter((event) => event.reason === reason);
        assert.deepEqual(
          events.map(({ type, count }) => [type, count]),
          [['Warning', 1]],
        );
        const lines = team
          .logs()
          .slice(logged)
          .filter(({ level }) => level === 'error');
        assert.equal(lines.length, 1, JSON.stringify(lines));
        for (const text of wanted) {
          assert.ok(events[0]?.message.includes(text), `${text} in the event ${events[0]?.message}`);
          assert.ok(
            String(JSON.stringify(lines[0]?.['error'])).includes(JSON.stringify(text).slice(1, -1)),
            `${text} in the log ${JSON.stringify(lines[0])}`,
          );
        }
        await team.uninstall();
        assert.deepEqual(await team.configMaps(), leaves);
      });
    }

    it('is over as soon as the input is repaired', async () => {
      const team = await tenant();
      await team.install({ 'cm.yaml': '}{' });
      await team.failed('BuildFailed');
      const object = await team.upgrade({ 'cm.yaml': manifest(configMap('cm')) });
      assert.deepEqual(inventoryOf(object), ['ConfigMap/cm']);
      assert.equal(condition(object, 'Reconciling'), undefined);
    });

    it('is waited for: a source that is not there, then has no artifact, then has one', async () => {
      const team = await tenant();
      await team.kustomization();
      const missing = await team.failed('ArtifactFailed', {
        says: 'GitRepository.source.toolkit.fluxcd.io "repo" not found',
      });
      assert.equal(condition(missing, 'Reconciling'), undefined);
      assert.equal(statusOf(missing).observedGeneration, -1);
      await team.source(); // the repository is empty
      const sha = await team.push({ 'cm.yaml': manifest(configMap('cm')) });
      await team.applied(sha);
    });

    it('never tells the values of Secrets', async () => {
      const marker = `marker${'x'.repeat(20)}planted`;
      const encoded = Buffer.from(marker).toString('base64');
      const secret = (fields: object) =>
        manifest({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' }, ...fields });
      const file = (fields: object): Files => ({ 'secret.yaml': secret(fields) });
      const kustomization = (fields: object): Files => ({
        'kustomization.yaml': manifest({ ...kustomizationKind, ...fields }),
        'good.yaml': secret({ stringData: { key: marker } }),
      });
      const source = { kind: 'Secret', fieldPath: 'stringData.key', options: { delimiter: '!', index: 5 } };
      const target = { kind: 'Secret' };
      /** Mistakes that somebody made with a Secret, with the reason they end in. */
      const cases: readonly (readonly [reason: string, files: Files, spec?: object])[] = [
        ['ReconciliationFailed', file({ data: { key: marker } })], // is not base64 of anything
        ['ReconciliationFailed', file({ data: { key: `${encoded}!` } })],
        ['ReconciliationFailed', file({ data: { key: { nested: marker } } })],
        ['ReconciliationFailed', file({ data: { 'bad key': encoded } })],
        ['ReconciliationFailed', file({ stringData: { key: [marker] } })],
        ['ReconciliationFailed', file({ stringData: { key: marker }, immutable: marker })],
        ['ReconciliationFailed', file({ stringData: { key: marker }, type: 'kubernetes.io/tls' })],
        [
          'ReconciliationFailed',
          file({ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': encoded } }),
        ],
        ['BuildFailed', { 'secret.yaml': `apiVersion: v1\nkind: Secret\nstringData: {key: ${marker}\n` }],
        ['BuildFailed', file({ metadata: {}, stringData: { key: marker } })],
        ['BuildFailed', { ...file({ stringData: { key: marker } }), 'twice.yaml': secret({ data: { key: encoded } }) }],
        ['BuildFailed', kustomization({ secretGenerator: [{ name: 'made', literals: [marker] }] })],
        [
          'BuildFailed',
          kustomization({
            resources: ['good.yaml'],
            replacements: [{ source, targets: [{ select: target, fieldPaths: ['stringData.b'] }] }],
          }),
        ],
        ['BuildFailed', file({}), { patches: [{ patch: `{kind: Secret, stringData: {key: ${marker}` }] }],
        ['BuildFailed', file({}), { patches: [{ patch: `stringData: {key: ${marker}}` }] }],
        [
          'BuildFailed',
          file({}),
          { patches: [{ target, patch: `- {op: test, path: /stringData/key, value: ${marker}}` }] },
        ],
        ['BuildFailed', { 'cm.yaml': manifest(configMap('vars', { a: variable('key'), b: variable('missing') })) }],
        ['BuildFailed', { 'cm.yaml': manifest(configMap('vars', { a: variable('yaml') })) }],
      ];
      const team = await tenant();
      const stringData = { key: marker, yaml: `"x: [${marker}` };
      await team.kubectl.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'vars' }, stringData }]);
      await team.source();
      const files = cases.flatMap(([, added], index) =>
        Object.entries(added).map(([path, change]) => [`s${index}/${path}`, change] as const),
      );
      const postBuild = { substituteFrom: [{ kind: 'Secret', name: 'vars' }] };
      for (const [index, [, , spec]] of cases.entries()) {
        await team.kustomization({ path: `./s${index}`, postBuild, ...spec }, `s${index}`);
      }
      await team.push(Object.fromEntries(files));
      for (const [index, [reason]] of cases.entries()) {
        await team.failed(reason, { name: `s${index}` });
        await waitFor(
          async () => (await team.events(`s${index}`)).some((event) => event.reason === reason),
          'the event',
        );
      }

      const told = {
        kustomizations: await team.kubectl.list('kustomize.toolkit.fluxcd.io/v1', 'Kustomization'),
        events: await team.kubectl.list('v1', 'Event'),
        logs: await readFile(environment.logFile, 'utf8'),
      };
      for (const [where, what] of Object.entries(told)) {
        // the spec is the user's own, and a patch in it is not told to anybody by us
        const text = JSON.stringify(what, (key, value: unknown) =>
          key === 'spec' || key === 'managedFields' ? null : value,
        );
        for (const value of [marker, encoded])
          assert.ok(!text.includes(value), `${value} in ${where}: ${around(text, value)}`);
      }
    });
  });

  for (const duration of ['10000h', '2562047h47m16s']) {
    it(`lives with an interval and a timeout of ${duration}, and so do the others`, async () => {
      const team = await tenant();
      const durations = { interval: duration, retryInterval: duration, timeout: duration };
      await team.install({ 'cm.yaml': manifest(configMap('cm')) }, durations, 'odd');
      await team.kustomization({}, 'plain');
      for (const name of ['odd', 'plain']) await team.ready(name);
      const sha = await team.push({ 'cm.yaml': manifest(configMap('cm', { key: '2' })) });
      for (const name of ['odd', 'plain']) await team.applied(sha, name);
      assert.ok(team.logs('odd').length < 10, `${team.logs('odd').length} lines`);
    });
  }

  it('stalls on a duration that is too long for anybody, and can be deleted with it', async () => {
    const team = await tenant();
    await team.install({ 'cm.yaml': manifest(configMap('cm')) });
    await team.ready();
    const timeout = `${'9'.repeat(30)}h`;
    await team.kustomization({ timeout, interval: timeout });
    const stalled = await team.failed('ReconciliationFailed', { says: 'spec.interval: invalid duration' });
    assert.equal(condition(stalled, 'Stalled')?.status, 'True');
    await team.uninstall();
    assert.deepEqual(await team.configMaps(), []);
  });

  it('takes a source of another namespace', async () => {
    const [team, other] = [await tenant(), await tenant()];
    await other.source();
    await other.push({ 'cm.yaml': manifest(configMap('cm')) });
    await team.kustomization({ sourceRef: { kind: 'GitRepository', name: 'repo', namespace: other.namespace } });
    assert.deepEqual(inventoryOf(await team.ready()), ['ConfigMap/cm']);
  });
});

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 200), at + 200);
}

/** A variable of a substitution. */
function variable(expression: string): string {
  return `\${${expression}}`;
}

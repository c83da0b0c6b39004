import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { condition } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { type Ref, ref } from '../support/kubectl.ts';
import { configMap, deployment, manifest } from '../support/manifests.ts';
import { inventoryIds, messageOf, sourceApi, statusOf, type Tenant } from '../support/tenant.ts';

const statusManager = 'gotk-kustomize-controller';
const sourceManager = 'source-controller';
const finalizers = ['finalizers.fluxcd.io'];

/** A cluster as Flux leaves it: its objects, its statuses, its field managers; then its controllers are replaced by ours. */
describe('taking over from Flux', () => {
  let environment: Environment;
  let team: Tenant;
  let sha = '';
  /** What was in the cluster before we started: everything of the tenant. */
  const found: Map<string, ApiObject> = new Map();
  let created: readonly Ref[] = [];

  before(async () => {
    environment = await Environment.start({ start: false, audit: true });
    team = await environment.tenant('flux');
    const files = {
      'app/all.yaml': manifest(configMap('settings'), configMap('other'), deployment('web')),
      'README.md': '',
    };
    sha = await team.commit(files);
    await asFlux();
    await settled(ref('apps/v1', 'Deployment', 'web'));
    for (const object of created) found.set(object.metadata.name, await team.kubectl.get(object));
    await environment.startSource();
    // Until then its artifact cannot be had, and Kustomizations would wait.
    await storedByUs();
    await environment.startKustomize();
  });
  after(() => environment?.stop());

  it('changes no object, and asks for no more than it must', async () => {
    const token = 'after-takeover';
    const annotations = { 'reconcile.fluxcd.io/requestedAt': token };
    await team.kubectl.patch(team.app(), { metadata: { annotations } }, { fieldManager: 'flux' });
    const app = await team.waitFor('handled', (object) => statusOf(object).lastHandledReconcileAt === token);
    assert.equal(messageOf(app), `Applied revision: main@sha1:${sha}`);
    for (const object of created) {
      const now = await team.kubectl.get(object);
      const then = found.get(object.metadata.name);
      assert.equal(now.metadata.uid, then?.metadata.uid);
      assert.equal(now.metadata.resourceVersion, then?.metadata.resourceVersion, object.metadata.name);
      assert.deepEqual(now.metadata['managedFields'], then?.metadata['managedFields']);
    }
    const writes = (await environment.requestsSince({ offset: 0, at: 0 }, 'kustomize-controller')).filter(
      ({ verb, dryRun, resource }) => !dryRun && !['get', 'list', 'watch'].includes(verb) && resource !== 'events',
    );
    assert.deepEqual(
      [...new Set(writes.map(({ verb, resource, subresource }) => `${verb} ${resource}/${subresource}`))],
      ['patch kustomizations/status'],
    );
  });

  it('goes on with the status that it found', async () => {
    const app = await team.ready();
    assert.deepEqual(inventoryIds(app), inventory());
    const history = statusOf(app).history ?? [];
    assert.equal(history.at(-1)?.digest, fluxDigest);
    assert.equal(history.at(-1)?.totalReconciliations, 7);
    assert.deepEqual(managersOf(app).toSorted(), [
      'flux Update',
      `${statusManager} Update`,
      `${statusManager} Update status`,
      'kubectl Apply',
    ]);
    assert.deepEqual(app.metadata['finalizers'], finalizers);
    const healthy = condition(app, 'Ready') as { lastTransitionTime?: string } | undefined;
    assert.equal(healthy?.lastTransitionTime, then);
    assert.equal(condition(app, 'Reconciling'), undefined);
  });

  it('takes over the source: the same revision, stored again', async () => {
    const repo = await storedByUs();
    const { artifact } = repo['status'] as { artifact: { revision: string } };
    assert.equal(artifact.revision, `main@sha1:${sha}`);
    assert.deepEqual(managersOf(repo), ['kubectl Apply', `${sourceManager} Update`, `${sourceManager} Update status`]);
  });

  it('upgrades as if it had always been here, and prunes what left Git', async () => {
    const settings = ref('v1', 'ConfigMap', 'settings');
    await team.upgrade({ 'app/all.yaml': manifest(configMap('settings', { key: '2' }), deployment('web')) });
    const now = await team.kubectl.get(settings);
    assert.equal(now.metadata.uid, found.get('settings')?.metadata.uid);
    assert.deepEqual(now['data'], { key: '2' });
    assert.deepEqual(managersOf(now), ['kustomize-controller Apply']);
    assert.equal(await team.data('other'), undefined);
    await team.eventSaying(`ConfigMap/${team.namespace}/other deleted`);
  });

  it('removes the rest when the Kustomization goes', async () => {
    await team.uninstall();
    assert.deepEqual(await team.configMaps(), []);
    assert.equal(await team.kubectl.find(ref('apps/v1', 'Deployment', 'web')), undefined);
  });

  const then = '2026-01-02T03:04:05Z';
  const fluxDigest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  function storedByUs(): Promise<ApiObject> {
    return team.kubectl.waitFor(ref(sourceApi, 'GitRepository', 'repo'), 'stored by us', (object) => {
      const { artifact } = object['status'] as { artifact?: { digest?: string } };
      return artifact?.digest !== fluxDigest && condition(object, 'Ready')?.status === 'True';
    });
  }

  function inventory(): readonly string[] {
    return [
      `${team.namespace}_other__ConfigMap`,
      `${team.namespace}_settings__ConfigMap`,
      `${team.namespace}_web_apps_Deployment`,
    ];
  }

  /** What source-controller 1.9 and kustomize-controller 1.9 had written. */
  async function asFlux(): Promise<void> {
    const labels = {
      'kustomize.toolkit.fluxcd.io/name': 'app',
      'kustomize.toolkit.fluxcd.io/namespace': team.namespace,
    };
    const web = deployment('web');
    const objects = [
      configMap('settings', undefined, { labels }),
      configMap('other', undefined, { labels }),
      { ...web, metadata: { ...web.metadata, labels } },
    ];
    created = await team.kubectl.apply(objects, { fieldManager: 'kustomize-controller' });

    const repo = await team.source();
    const generation = (object: ApiObject): number => Number(object.metadata['generation']);
    const ready = (object: ApiObject, reason: string, message: string, type = 'Ready'): object => ({
      type,
      status: 'True',
      reason,
      message,
      observedGeneration: generation(object),
      lastTransitionTime: then,
    });
    const revision = `main@sha1:${sha}`;
    const path = `gitrepository/${team.namespace}/repo/${sha}.tar.gz`;
    const stored = `stored artifact for revision '${revision}'`;
    await write(repo, sourceManager, {
      artifact: {
        digest: fluxDigest,
        lastUpdateTime: then,
        path,
        revision,
        size: 300,
        url: `http://${environment.storageAddr}/${path}`,
      },
      conditions: [ready(repo, 'Succeeded', stored), ready(repo, 'Succeeded', stored, 'ArtifactInStorage')],
      observedGeneration: generation(repo),
    });

    const app = await team.kustomization({ path: './app' });
    await write(app, statusManager, {
      conditions: [ready(app, 'ReconciliationSucceeded', `Applied revision: ${revision}`)],
      history: [
        {
          digest: fluxDigest,
          firstReconciled: then,
          lastReconciled: then,
          lastReconciledDuration: '61.5ms',
          lastReconciledStatus: 'ReconciliationSucceeded',
          metadata: { revision },
          totalReconciliations: 7,
        },
      ],
      inventory: { entries: inventory().map((id) => ({ id, v: 'v1' })) },
      lastAppliedRevision: revision,
      lastAttemptedRevision: revision,
      observedGeneration: generation(app),
    });
  }

  async function write(object: ApiObject, fieldManager: string, status: object): Promise<void> {
    await team.kubectl.patch(object, { metadata: { finalizers } }, { fieldManager });
    await team.kubectl.patch(object, { status }, { fieldManager, subresource: 'status' });
  }

  /** The Deployment's own controller has written what it will write. */
  async function settled(object: Ref): Promise<void> {
    await team.kubectl.waitFor(object, 'observed', (now) => {
      const { conditions = [], observedGeneration } = now['status'] as {
        conditions?: unknown[];
        observedGeneration?: number;
      };
      return observedGeneration === 1 && conditions.length === 2;
    });
  }
});

/** `manager operation [subresource]` of each managedFields entry, in order. */
function managersOf({ metadata }: ApiObject): readonly string[] {
  const entries = metadata['managedFields'] as readonly { manager: string; operation: string; subresource?: string }[];
  return entries.map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`.trim());
}

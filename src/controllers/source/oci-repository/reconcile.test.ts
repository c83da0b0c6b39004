import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fluxContentType, tarball } from '../../../../test/registry/push.ts';
import { ScriptedServer } from '../../../../test/registry/scripted-server.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { Storage } from '../../../artifact/storage.ts';
import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { RegistrySessions } from '../../../oci/sessions.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { Fault } from '../../../runtime/fault.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { OciRepositoryDeps } from './deps.ts';
import { reconcileOciRepository } from './reconcile.ts';
import { ociRepository } from './testing.ts';
import { UsedSecrets } from './used-secrets.ts';

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

describe('reconcileOciRepository', () => {
  let root = '';
  let registry: ScriptedServer;
  let sessions: RegistrySessions;
  /** What the registry has under `latest`; undefined when that tag is gone. */
  let files: Readonly<Record<string, string>> | undefined = {};

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-oci-'));
    sessions = new RegistrySessions();
    registry = await ScriptedServer.start(({ path }, response) => void answer(path, response));
  });
  after(async () => {
    await sessions.close();
    await registry[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === '/v2/') {
      response.end();
      return;
    }
    if (files === undefined) {
      response.writeHead(404).end();
      return;
    }
    const layer = await tarball(files);
    const layers = [{ mediaType: fluxContentType, digest: digestOf(layer), size: layer.length }];
    const manifest = Buffer.from(JSON.stringify({ layers, annotations: { a: 'b' } }));
    response.writeHead(200, {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'docker-content-digest': digestOf(manifest),
    });
    response.end(path.includes('/blobs/') ? layer : manifest);
  }

  /** One attempt at an object with this status; gives what its status learnt, and how it ended. */
  async function reconcile(status: NonNullable<OCIRepository['status']>, hostname = 'here', requested = false) {
    const storage = new Storage({
      root,
      hostname,
      retention: { ttlMs: 60_000, records: 2 },
      algorithm: 'sha256',
      clock: new ManualClock(),
    });
    const learnt: Record<string, unknown> = {};
    const told: string[] = [];
    const attempt: AttemptContext = {
      signal: AbortSignal.timeout(60_000),
      log: silentLogger,
      status: {},
      requested,
      progress: () => undefined,
      record: (facts) => void Object.assign(learnt, facts),
      commit: async () => undefined,
      event: ({ message }) => void told.push(message),
      annotateEvents: () => undefined,
    };
    const deps = {
      client: {},
      storage,
      sessions,
      gates: { ObjectLevelWorkloadIdentity: false },
      defaultServiceAccount: '',
      usedSecrets: new UsedSecrets(),
    } as unknown as OciRepositoryDeps;
    const object = ociRepository({ url: `oci://localhost:${registry.port}/org/app` }, status);
    const from = registry.log.length;
    const outcome = await reconcileOciRepository(object, attempt, deps);
    const events = (outcome.events ?? []).map(({ reason }) => reason);
    const next = { ...learnt, ...outcome.status } as NonNullable<OCIRepository['status']>;
    return { next, events, told, asked: registry.log.slice(from), conditions: outcome.conditions };
  }

  it('fetches once, asks once when nothing is new, and mends what was lost', async () => {
    files = { 'a.yaml': 'a: 1' };
    const first = await reconcile({});
    assert.deepEqual(first.events, ['NewArtifact']);
    assert.equal(first.asked.length, 4, 'how, what, the manifest, the layer');
    assert.equal(first.next.url, 'http://here/ocirepository/apps/repo/latest.tar.gz');

    const status = { ...first.next, observedGeneration: 1 };
    const second = await reconcile(status);
    assert.deepEqual([second.events, second.asked], [[], ['HEAD /v2/org/app/manifests/latest']]);
    assert.deepEqual((await reconcile(status, 'here', true)).events, ['ArtifactUpToDate']);

    const moved = await reconcile(status, 'there');
    assert.equal(moved.next.url, 'http://there/ocirepository/apps/repo/latest.tar.gz');
    assert.equal(moved.next.artifact?.url, `http://there/${first.next.artifact?.path}`);

    await writeFile(join(root, first.next.artifact?.path ?? ''), 'altered');
    const mended = await reconcile(status);
    assert.match(mended.told.join(), /failed to verify integrity of artifact/);
    assert.equal(mended.next.artifact?.digest, first.next.artifact?.digest);
  });

  it('tells that fetching works again', async () => {
    files = { 'a.yaml': 'a: 2' };
    const { next } = await reconcile({});
    files = undefined;
    await assert.rejects(reconcile(next), ({ reason, message }: Fault) => {
      assert.equal(reason, 'OCIArtifactPullFailed');
      assert.match(
        message,
        /^failed to determine artifact digest: GET http:\/\/localhost:\d+\/v2\/org\/app\/manifests\/latest: /,
      );
      return true;
    });
    files = { 'a.yaml': 'a: 2' };
    const failed = { type: 'FetchFailed', status: 'True', reason: 'x', message: '', lastTransitionTime: '' } as const;
    const { events } = await reconcile({ ...next, observedGeneration: 1, conditions: [failed] });
    assert.deepEqual(events, ['Succeeded']);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer } from '../../../../test/support/fake-client.ts';
import {
  actionBench,
  chartOf,
  installing,
  rollingBack,
  uninstalling,
  upgrading,
} from '../../../../test/support/helm-actions.ts';
import type { Client } from '../../../kube/client.ts';
import { ActionError } from './action-error.ts';
import type { ActionContext } from './context.ts';
import { install } from './install.ts';
import { rollback } from './rollback.ts';
import { uninstall } from './uninstall.ts';
import { unlock } from './unlock.ts';
import { upgrade } from './upgrade.ts';

const configMap = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data:\n  color: {{ .Values.color }}\n`;
const hook = (event: string): string =>
  configMap(`hook-${event}`, `  annotations: {helm.sh/hook: ${event}, helm.sh/hook-delete-policy: hook-succeeded}\n`);
const hooks = ['pre-install', 'post-upgrade', 'pre-rollback', 'pre-delete', 'post-delete'];
const files = {
  ...Object.fromEntries(['a', 'b'].map((name) => [`templates/${name}.yaml`, configMap(name)])),
  ...Object.fromEntries(hooks.map((event) => [`templates/hook-${event}.yaml`, hook(event)])),
};
const first = chartOf(files, { color: 'red' });
const second = chartOf({ ...files, 'templates/c.yaml': configMap('c') }, { color: 'blue' });

/** What the process died of: nothing of it is heard again. */
class Killed extends Error {}

/** Gets through with so many requests, and dies. */
function dying(client: Client, requests: number): { readonly client: Client; readonly signal: AbortSignal } {
  const dead = new AbortController();
  let left = requests;
  const handler: ProxyHandler<Client> = {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || name === 'watch' || name === 'impersonate') return member;
      return async (...args: readonly unknown[]) => {
        if (left-- <= 0) dead.abort(new Killed());
        dead.signal.throwIfAborted();
        return Reflect.apply(member, target, args);
      };
    },
  };
  return { client: new Proxy(client, handler), signal: dead.signal };
}

type Action = (context: ActionContext) => Promise<unknown>;

/** What a controller does when it finds the release like this: what the state machine decides, in short. */
async function resume(context: ActionContext): Promise<void> {
  await unlock(context);
  const { storage, release, signal } = context;
  const last = await storage.last(release.name, signal);
  if (last === undefined || last.info.status === 'uninstalled') await install(context, installing(second));
  else await upgrade(context, upgrading(second, { maxHistory: 3 }));
}

const installed: Action = (context) => install(context, installing(first));
const upgraded: Action = async (context) => {
  await installed(context);
  await upgrade(context, upgrading(second));
};

const cases: readonly (readonly [string, Action | undefined, Action])[] = [
  ['an installation', undefined, installed],
  ['an upgrade', installed, (context) => upgrade(context, upgrading(second))],
  ['a rollback', upgraded, (context) => rollback(context, rollingBack(1))],
  ['an uninstallation', installed, (context) => uninstall(context, uninstalling())],
];

describe('a process that is killed before any request of', () => {
  for (const [name, before, action] of cases) {
    it(`${name} leaves what the next one finishes`, async () => {
      for (let requests = 0; ; requests++) {
        const server = new FakeServer();
        await before?.(actionBench(server.client(), 'team').context);
        const { client, signal } = dying(server.client(), requests);
        const error = await action(actionBench(client, 'team', { signal }).context).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error === undefined) {
          assert.ok(requests > 3, `${name} made ${requests} requests`);
          return;
        }
        assert.ok(error instanceof Killed, String(error));
        const uids = new Map([...server.objects.values()].map(({ metadata }) => [metadata.name, metadata.uid]));
        const { context } = actionBench(server.client(), 'team');
        if (before === undefined || name !== 'an uninstallation') await resume(context);
        else await uninstallOrResume(context);
        for (const known of ['a', 'b', 'c']) {
          const found = server.find('ConfigMap', known);
          assert.deepEqual(found?.['data'], { color: 'blue' }, `${known} after ${requests} requests`);
          if (uids.has(known) && name !== 'an uninstallation')
            assert.equal(found?.metadata.uid, uids.get(known), `${known} after ${requests} requests`);
        }
        await uninstall(context, uninstalling());
        // What a hook has made is no part of the release: it stays until the hook runs again, or is deleted by its policy.
        const left = [...server.objects.values()].map(({ kind, metadata }) => `${kind}/${metadata.name}`);
        const others = left.filter((subject) => !subject.startsWith('ConfigMap/hook-'));
        assert.deepEqual(others, [], `after ${requests} requests`);
      }
    });
  }
});

/** An uninstallation goes on where it was; then there is nothing, and the release is made anew. */
async function uninstallOrResume(context: ActionContext): Promise<void> {
  await uninstall(context, uninstalling()).catch((error: unknown) => {
    if (!(error instanceof ActionError && error.notFound)) throw error;
  });
  await resume(context);
}

import type { ApiClient, ApiObject } from '../support/api-client.ts';
import type { Supervised } from '../support/process-group.ts';
import { waitFor } from '../support/wait-for.ts';

/** What is waited for, and whether it has come. */
export type Check = readonly [what: string, check: (signal: AbortSignal) => Promise<boolean>];

const deadlineMs = 60_000;

/** Waits for one check after the other. @throws {Error} also as soon as one of the needed processes has ended. */
export async function passAll(
  checks: readonly Check[],
  needed: readonly Supervised[],
  given: AbortSignal | undefined,
): Promise<void> {
  const ended = new AbortController();
  for (const process of needed) {
    void process.exited.then((code) => ended.abort(new Error(`a program ended (${code})`)));
  }
  const signal = given === undefined ? ended.signal : AbortSignal.any([given, ended.signal]);
  for (const [what, check] of checks) await waitFor(check, what, { deadlineMs, intervalMs: 50, signal });
}

/** The API server says of itself that it is ready. */
export function whenReady(admin: ApiClient): Check {
  return [
    'the API server to be ready',
    async (signal) => (await admin.send('GET', '/readyz', { signal })).status === 200,
  ];
}

/** The default namespace can run Pods, the aggregated roles have their rules, and the nodes are ready. */
export function whenUsable(admin: ApiClient, controllers: readonly string[], nodes: number): Check[] {
  const has = (path: string, test: (object: ApiObject) => boolean) => async (signal: AbortSignal) => {
    const { status, text } = await admin.send('GET', path, { signal });
    return status === 200 && test(JSON.parse(text) as ApiObject);
  };
  const checks: Check[] = [];
  if (controllers.includes('serviceaccount-controller')) {
    const path = '/api/v1/namespaces/default/serviceaccounts/default';
    checks.push(['the default ServiceAccount', has(path, () => true)]);
  }
  if (controllers.includes('clusterrole-aggregation-controller')) {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/admin';
    checks.push(['the aggregated role admin', has(path, (role) => Array.isArray(role['rules']))]);
  }
  if (nodes > 0) {
    checks.push(['the nodes to be ready', has('/api/v1/nodes', (list) => countReady(list) === nodes)]);
  }
  return checks;
}

function countReady(list: ApiObject): number {
  const items = list['items'] as { status?: { conditions?: { type: string; status: string }[] } }[];
  return items.filter((node) => node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')).length;
}

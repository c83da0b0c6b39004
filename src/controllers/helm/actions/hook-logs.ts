import { valueAt } from '../../../apply/kstatus-fields.ts';
import type { HookRecord } from '../../../engines/helm/release/record.ts';
import type { KubeObject, ResourceType } from '../../../kube/object.ts';
import { objectPath, withQuery } from '../../../kube/resource-path.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import { redact } from '../../../lib/redact.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import type { ActionContext } from './context.ts';

const podType: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const requestMs = 15_000;
/** As much of a container's log as an event can hold a few of. */
const maxLines = 5;
const maxBytes = 2_048;
const maxPods = 5;

/** Adds the last lines of a hook's Pods to the log where the hook's policy says so (pkg/action/hooks.go, outputLogsByPolicy). */
export async function logHook(hook: HookRecord, policy: string, context: ActionContext): Promise<void> {
  if (!hook.outputLogPolicies.includes(policy)) return;
  const selector = selectorOf(hook);
  if (selector === undefined) return;
  const { client, signal, log } = context;
  const namespace = namespaceOf(hook) ?? context.release.namespace;
  try {
    const pods = await client.list(podType, { namespace, ...selector, signal: withDeadline(signal, requestMs) });
    for (const pod of pods.slice(0, maxPods)) {
      for (const container of containersOf(pod)) {
        log.add(`hook ${hook.name}`, { pod: pod.metadata.name, container, log: await logOf(pod, container, context) });
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    log.add('error outputting logs for hook failure', { hook: hook.name, error: errorMessage(error) });
  }
}

function selectorOf({ kind, name }: HookRecord): { labelSelector: string } | { fieldSelector: string } | undefined {
  if (kind === 'Job') return { labelSelector: `job-name=${name}` };
  return kind === 'Pod' ? { fieldSelector: `metadata.name=${name}` } : undefined;
}

function namespaceOf({ manifest }: HookRecord): string | undefined {
  const document = parseYaml(manifest);
  const metadata = isRecord(document) ? document['metadata'] : undefined;
  const namespace = isRecord(metadata) ? metadata['namespace'] : undefined;
  return typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
}

function containersOf(pod: KubeObject): readonly string[] {
  const containers = valueAt(pod, ['spec', 'containers']);
  if (!Array.isArray(containers)) return [];
  return containers.flatMap((one: unknown) => (isRecord(one) && typeof one['name'] === 'string' ? [one['name']] : []));
}

async function logOf({ metadata }: KubeObject, container: string, context: ActionContext): Promise<string> {
  const { client, signal } = context;
  const query = { container, tailLines: maxLines, limitBytes: maxBytes };
  const path = withQuery(objectPath(podType, metadata, 'log'), query);
  const { body } = await client.raw('GET', path, { accept: '*/*', signal: withDeadline(signal, requestMs) });
  return redact(body.slice(0, maxBytes).trimEnd());
}

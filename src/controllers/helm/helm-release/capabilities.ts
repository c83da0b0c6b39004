import type { Capabilities } from '../../../engines/helm/render/capabilities.ts';
import type { Client } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { isRecord } from '../../../lib/json.ts';
import type { LookupQuestion } from '../render-thread/render-request.ts';

/** The Helm whose behaviour charts see. */
const HELM_VERSION = 'v4.2.1';
const requestMs = 30_000;
/** An API server is seldom replaced by one of another version. */
const believedMs = 10 * 60_000;

/** What clusters can do, as charts ask; a cluster's version is asked for now and then. */
export class ClusterCapabilities {
  readonly #clock: Clock;
  readonly #versions = new WeakMap<Client['discovery'], { readonly version: string; readonly readAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `fresh`: there are kinds that were not there a moment ago. Throws ApiError or TransportError. */
  async of(client: Client, fresh: boolean, signal: AbortSignal): Promise<Capabilities> {
    const { discovery } = client;
    if (fresh) discovery.invalidate();
    const options = { signal: withDeadline(signal, requestMs) };
    const kubeVersion = await this.#version(client, options.signal);
    const [versions, kinds] = [await discovery.groupVersions(options), await discovery.servedKinds(options)];
    return { kubeVersion, apiVersions: [...versions, ...kinds], helmVersion: HELM_VERSION };
  }

  async #version(client: Client, signal: AbortSignal): Promise<string> {
    const known = this.#versions.get(client.discovery);
    const now = this.#clock.now();
    if (known !== undefined && now - known.readAt < believedMs) return known.version;
    const { body } = await client.raw('GET', '/version', { signal });
    const parsed: unknown = JSON.parse(body);
    const version = isRecord(parsed) ? String(parsed['gitVersion'] ?? '') : '';
    this.#versions.set(client.discovery, { version, readAt: now });
    return version;
  }
}

type Found = Readonly<Record<string, unknown>> | undefined;

/**
 * What `lookup` finds in the cluster under this client's account, undefined for nothing (pkg/engine/lookup_func.go). The
 * same question is answered once. Throws ApiError, NoMatchError or TransportError.
 */
export function clusterLookup(client: Client, signal: AbortSignal): (question: LookupQuestion) => Promise<Found> {
  const answers = new Map<string, Promise<Found>>();
  return (question) =>
    answers.getOrInsertComputed(JSON.stringify(question), () =>
      lookUp(client, question, withDeadline(signal, requestMs)),
    );
}

async function lookUp(client: Client, question: LookupQuestion, signal: AbortSignal): Promise<Found> {
  const { apiVersion, kind, namespace, name } = question;
  const slash = apiVersion.indexOf('/');
  const gvk = { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), kind };
  const type = await client.discovery.resourceFor(gvk, { signal });
  const where = type.namespaced && namespace !== '' ? { namespace } : {};
  try {
    if (name !== '') return await client.get<KubeObject>(type, { ...where, name }, { signal });
    const items = await client.list<KubeObject>(type, { ...where, signal });
    return { apiVersion, kind: `${kind}List`, metadata: {}, items };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

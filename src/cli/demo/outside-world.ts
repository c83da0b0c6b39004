import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { alertKind } from '../../crds/notification/alert.ts';
import { providerKind } from '../../crds/notification/provider.ts';
import { type Receiver, receiverKind } from '../../crds/notification/receiver.ts';
import type { Client } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/object.ts';
import { secretType } from '../../kube/secret.ts';
import { namespace } from './install-controllers.ts';
import { LiveView } from './live-view.ts';

/** What connects the cluster with the world around it. */
export interface OutsideWorld {
  /** Where the notification-controller serves webhooks. */
  readonly receiverUrl: string;
  /** Where notifications are sent. */
  readonly notificationsUrl: string;
  /** Tells the Git server whom to tell of pushes. */
  readonly webhookFile: string;
}

const readyMs = 60_000;

/**
 * Creates a Receiver that pushes wake the fleet by, and a Provider and an Alert that tell what becomes of it; then tells
 * the Git server the path of the webhook, which nobody else knows.
 */
export async function connectOutsideWorld(
  client: Client,
  { receiverUrl, notificationsUrl, webhookFile }: OutsideWorld,
  signal: AbortSignal,
): Promise<void> {
  const token = randomBytes(20).toString('hex');
  const options = { fieldManager: 'sluice-demo', signal };
  const object = (kind: { readonly group: string; readonly version: string; readonly kind: string }, spec: object) => ({
    apiVersion: `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: { name: 'fleet', namespace },
    spec,
  });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'webhook', namespace }, stringData: { token } };
  await client.apply<KubeObject>(secretType, secret, options);
  const receiver = object(receiverKind, {
    type: 'github',
    events: ['push'],
    secretRef: { name: 'webhook' },
    resources: [{ kind: 'GitRepository', name: 'fleet' }],
  });
  await client.apply<KubeObject>(receiverKind, receiver, options);
  const provider = object(providerKind, { type: 'generic', address: notificationsUrl });
  await client.apply<KubeObject>(providerKind, provider, options);
  const alert = object(alertKind, {
    providerRef: { name: 'fleet' },
    eventSources: [{ kind: 'Kustomization', name: '*' }],
    // What changes nothing is no news.
    exclusionList: ['^Reconciliation finished', '^Dependencies do not meet'],
  });
  await client.apply<KubeObject>(alertKind, alert, options);
  const path = await webhookPath(client, signal);
  // The Git server may look at any time.
  await writeFile(`${webhookFile}.new`, JSON.stringify({ url: `${receiverUrl}${path}`, token }), { mode: 0o600 });
  await rename(`${webhookFile}.new`, webhookFile);
}

async function webhookPath(client: Client, signal: AbortSignal): Promise<string> {
  const watching = new AbortController();
  const receivers = new LiveView<Receiver & KubeObject>(client, receiverKind, {
    signal: AbortSignal.any([signal, watching.signal]),
    namespace,
    describe: ({ status }) => status?.conditions?.map(({ message }) => message).join('; ') ?? 'has no status yet',
  });
  try {
    return await receivers.until(
      'the Receiver to have its path',
      (view) => {
        const { conditions, webhookPath: path } = view.get(`${namespace}/fleet`)?.status ?? {};
        return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true && path;
      },
      { signal, deadlineMs: readyMs },
    );
  } finally {
    watching.abort();
  }
}

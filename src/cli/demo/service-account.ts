import { writeFile } from 'node:fs/promises';
import type { Client } from '../../kube/client.ts';
import type { Connection } from '../../kube/connection.ts';
import { emitYaml } from '../../yaml/emit.ts';

/** Longer than anybody looks at a demo. */
const expirationSeconds = 7 * 24 * 60 * 60;

export interface ServiceAccountKubeconfig {
  /** A client that may ask for tokens. */
  readonly client: Client;
  /** Where that client is connected to. */
  readonly connection: Connection;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** Writes a kubeconfig of a ServiceAccount that exists, with a token of its own. Throws ApiError. */
export async function writeServiceAccountKubeconfig(
  { client, connection, namespace, name, path }: ServiceAccountKubeconfig,
  signal: AbortSignal,
): Promise<void> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } };
  const url = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { body } = await client.raw('POST', url, { body: JSON.stringify(request), signal });
  const { status } = JSON.parse(body) as { readonly status: { readonly token: string } };
  const ca = connection.tls().ca;
  const cluster = {
    server: connection.server,
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'demo', cluster }],
    users: [{ name, user: { token: status.token } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: name, namespace } }],
    'current-context': 'demo',
  };
  await writeFile(path, emitYaml(config), { mode: 0o600 });
}

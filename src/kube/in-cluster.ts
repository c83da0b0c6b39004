import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../lib/errors.ts';
import type { Connection } from './connection.ts';
import { KubeconfigError } from './kubeconfig-error.ts';
import { tlsFromFiles } from './tls-files.ts';
import { TokenFile } from './token-file.ts';

/** What a pod is told of its cluster. */
export interface InClusterOptions {
  /** `$KUBERNETES_SERVICE_HOST`; without it the cluster's DNS is asked for `kubernetes.default.svc`. */
  readonly host?: string | undefined;
  /** `$KUBERNETES_SERVICE_PORT`. */
  readonly port?: string | undefined;
  /** Where the ServiceAccount's token, CA and namespace are mounted. */
  readonly dir?: string;
}

const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The API server as a pod sees it, as its own ServiceAccount. Throws KubeconfigError when the pod has none mounted. */
export async function inClusterConnection(options: InClusterOptions): Promise<Connection> {
  const { host = 'kubernetes.default.svc', port = '443', dir = serviceAccountDir } = options;
  try {
    const tls = tlsFromFiles({}, { ca: join(dir, 'ca.crt') });
    const credentials = await TokenFile.open(join(dir, 'token'));
    const namespace = await readFile(join(dir, 'namespace'), 'utf8').catch(() => undefined);
    return {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      credentials,
      tls,
      ...(namespace === undefined ? {} : { namespace: namespace.trim() }),
    };
  } catch (cause) {
    throw new KubeconfigError(`no ServiceAccount is mounted at ${dir}: ${errorMessage(cause)}`, { cause });
  }
}

import { dump } from 'js-yaml';
import type { KeyPair } from '../support/certificates.ts';

/** By what a user proves to the API server who they are. */
export type Credentials = KeyPair | { readonly token: string };

export interface KubeconfigOptions {
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  readonly user: string;
  readonly credentials: Credentials;
  /** Default namespace of the context. */
  readonly namespace?: string;
}

/** A kubeconfig file's text with everything embedded, so that it works from any folder. */
export function kubeconfig({ server, ca, user, credentials, namespace }: KubeconfigOptions): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const context = { cluster: 'sluice', user, ...(namespace === undefined ? {} : { namespace }) };
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sluice', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: user,
        user:
          'token' in credentials
            ? { token: credentials.token }
            : {
                'client-certificate-data': base64(credentials.certificate),
                'client-key-data': base64(credentials.key),
              },
      },
    ],
    contexts: [{ name: 'sluice', context }],
    'current-context': 'sluice',
  });
}

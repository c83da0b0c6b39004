import { AuthError } from '../auth-error.ts';
import { type ClusterProvider, clusterServer, decodeCa } from '../cluster-provider.ts';
import { jsonOf } from '../http.ts';
import type { GcpDeps } from './metadata-server.ts';
import { gcpProvider } from './provider.ts';

const pattern = /^projects\/[^/]{1,200}\/locations\/[^/]{1,200}\/clusters\/[^/]{1,200}$/;

/** GKE (fluxcd/pkg auth/gcp/provider.go, NewRESTConfig). */
export function gkeClusters(deps: GcpDeps): ClusterProvider {
  const provider = gcpProvider(deps);
  return {
    name: 'gcp',
    async access({ cluster = '', address, ca }, request, tokens, signal) {
      const { token, expiresAt } = await tokens.get(provider, request, signal);
      if (address && ca) return { server: clusterServer(address), ca, token, expiresAt };
      if (!pattern.test(cluster)) {
        throw new AuthError(`invalid GKE cluster ID: '${cluster}'. must match ${pattern.source}`);
      }
      const path = cluster.split('/').map(encodeURIComponent).join('/');
      const reply = await deps.http.call({
        method: 'GET',
        url: `https://container.googleapis.com/v1/${path}`,
        headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        reach: 'fixed',
        secrets: [token],
        signal,
      });
      const { endpoint, masterAuth } = jsonOf(reply, `failed to describe GKE cluster '${cluster}'`, [token]);
      const { clusterCaCertificate } = (masterAuth ?? {}) as { readonly clusterCaCertificate?: unknown };
      return {
        server: clusterServer(address || String(endpoint ?? '')),
        ca: ca || decodeCa(clusterCaCertificate, cluster),
        token,
        expiresAt,
      };
    },
  };
}

import { AuthError } from '../auth-error.ts';
import type { CloudEnvironment } from '../environment.ts';
import { jsonOf, replyError } from '../http.ts';
import type { BearerToken } from '../token.ts';
import { type GcpHttp, oauthToken } from './oauth.ts';

export interface GcpDeps extends GcpHttp {
  readonly environment: CloudEnvironment;
}

const headers = { 'metadata-flavor': 'Google' };

/** The metadata server of a GCP machine, or of GKE's nodes, which stands for it. https://cloud.google.com/compute/docs/metadata */
export class MetadataServer {
  readonly #deps: GcpDeps;
  #pool: { readonly pool: string; readonly provider: string } | undefined;

  constructor(deps: GcpDeps) {
    this.#deps = deps;
  }

  /** A token of the machine's (or the Pod's) service account. Throws AuthError. */
  async token(scopes: readonly string[], signal: AbortSignal): Promise<BearerToken> {
    const path = `instance/service-accounts/default/token?${new URLSearchParams({ scopes: scopes.join(',') })}`;
    const reply = await this.#call(path, signal).catch((cause: unknown) => {
      if (!(cause instanceof AuthError)) throw cause;
      throw new AuthError(
        `no GCP credentials: neither GOOGLE_APPLICATION_CREDENTIALS nor a metadata server (${cause.message})`,
        {
          cause,
        },
      );
    });
    return oauthToken(jsonOf(reply, 'the GCP metadata server gave no token'), this.#deps.now());
  }

  /** The identity pool of the GKE cluster that this runs in, and the cluster as its provider. Throws AuthError elsewhere. */
  async workloadIdentity(signal: AbortSignal): Promise<{ readonly pool: string; readonly provider: string }> {
    if (this.#pool !== undefined) return this.#pool;
    const project = await this.#text('project/project-id', 'project ID', signal);
    const location = await this.#text('instance/attributes/cluster-location', 'location', signal);
    const name = await this.#text('instance/attributes/cluster-name', 'name', signal);
    this.#pool = {
      pool: `${project}.svc.id.goog`,
      provider: `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${name}`,
    };
    return this.#pool;
  }

  async #text(path: string, what: string, signal: AbortSignal): Promise<string> {
    const failed = `failed to get GKE cluster ${what} from the metadata service`;
    const { status, body } = await this.#call(path, signal).catch((cause: unknown) => {
      if (!(cause instanceof AuthError)) throw cause;
      throw new AuthError(`${failed}: ${cause.message}`, { cause });
    });
    if (status !== 200) throw new AuthError(`${failed}: ${replyError(status, body)}`);
    if (body.trim() === '') throw new AuthError(`${failed}: empty value`);
    return body.trim();
  }

  #call(path: string, signal: AbortSignal) {
    const { http, environment } = this.#deps;
    const host = environment.variables['GCE_METADATA_HOST'] || '169.254.169.254';
    const url = `http://${host}/computeMetadata/v1/${path}`;
    return http.call({ method: 'GET', url, headers, reach: 'node', timeoutMs: 3_000, signal });
  }
}

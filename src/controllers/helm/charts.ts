import type { FileCache } from '../../artifact/file-cache.ts';
import type { Artifact } from '../../crds/meta/artifact.ts';
import type { Client } from '../../kube/client.ts';
import { ActionError } from './actions/action-error.ts';
import type { ChartInput } from './actions/chart-input.ts';
import { type ClusterCapabilities, clusterLookup } from './helm-release/capabilities.ts';
import type { HostAddresses } from './host-addresses.ts';
import type { PostRenderers } from './render-thread/post-renderers.ts';
import type { ChartDescription, PackedChart, Refused, RenderedRelease } from './render-thread/render-request.ts';
import type { RenderThread } from './render-thread/render-thread.ts';

/** A chart that cannot be read: it is damaged, or none. The message is Helm's. */
export class ChartLoadError extends Error {}

export interface ChartsOptions {
  readonly files: FileCache;
  readonly thread: RenderThread;
  readonly capabilities: ClusterCapabilities;
  /** Looks up the addresses of a host for templates; undefined where they may not ask (feature gate AllowDNSLookups). */
  readonly addresses?: HostAddresses | undefined;
}

/** For whom a chart is rendered. */
export interface RenderFor {
  readonly release: { readonly name: string; readonly namespace: string };
  /** Takes the place of the version of Chart.yaml. */
  readonly version: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
  readonly postRenderers: PostRenderers;
  /** The cluster, as the account that the release is made with. */
  readonly client: Client;
}

type ChartArtifact = Pick<Artifact, 'url' | 'digest'>;

/** Descriptions are small; charts come and go. */
const MAX_DESCRIPTIONS = 1000;
const describeMs = 60_000;
const renderMs = 120_000;

/** Charts by the digest of their artifacts: described once, downloaded when they are to be rendered. */
export class Charts {
  readonly #options: ChartsOptions;
  readonly #descriptions = new Map<string, ChartDescription>();

  constructor(options: ChartsOptions) {
    this.#options = options;
  }

  /** What a chart says of itself. Throws ArtifactError, {@link ChartLoadError}, and the reason of the signal. */
  async describe(artifact: ChartArtifact, signal: AbortSignal): Promise<ChartDescription> {
    const { digest } = artifact;
    const known = this.#descriptions.get(digest);
    const description = known ?? (await this.#describe(artifact, signal));
    this.#descriptions.delete(digest);
    this.#descriptions.set(digest, description);
    for (const oldest of this.#descriptions.keys())
      if (this.#descriptions.size > MAX_DESCRIPTIONS) this.#descriptions.delete(oldest);
    return description;
  }

  /** The chart for the actions of one release. */
  inputFor(artifact: ChartArtifact, description: ChartDescription, about: RenderFor): ChartInput {
    const { version = description.version, values, client } = about;
    const { files, thread, capabilities, addresses } = this.#options;
    const packed = (path: string): PackedChart => ({
      path,
      digest: artifact.digest,
      ...(about.version === undefined ? {} : { version: about.version }),
    });
    return {
      name: description.name,
      version,
      values,
      hasDefinitions: description.hasDefinitions,
      async definitions(signal) {
        using file = await files.open(artifact, signal);
        const answer = await thread.definitions(packed(file.path), JSON.stringify(values), {
          signal,
          timeoutMs: describeMs,
        });
        return assertDone(answer).crds;
      },
      async render({ revision, isUpgrade, skipSchemaValidation, fresh = false, ...instead }, signal) {
        using file = await files.open(artifact, signal);
        const answer = await thread.render(
          {
            task: 'render',
            chart: packed(file.path),
            values: JSON.stringify(instead.values ?? values),
            ...(instead.chartValues === undefined ? {} : { chartValues: JSON.stringify(instead.chartValues) }),
            release: { ...about.release, revision, isUpgrade },
            capabilities: await capabilities.of(client, fresh, signal),
            postRenderers: about.postRenderers,
            skipSchemaValidation,
          },
          {
            signal,
            timeoutMs: renderMs,
            lookup: clusterLookup(client, signal),
            ...(addresses === undefined ? {} : { addresses: (host) => addresses(host, signal) }),
          },
        );
        return assertDone<RenderedRelease>(answer);
      },
    };
  }

  async #describe(artifact: ChartArtifact, signal: AbortSignal): Promise<ChartDescription> {
    const { files, thread } = this.#options;
    using file = await files.open(artifact, signal);
    const chart = { path: file.path, digest: artifact.digest };
    const answer = await thread.describe(chart, { signal, timeoutMs: describeMs });
    if ('failed' in answer) throw new ChartLoadError(answer.failed);
    return answer;
  }
}

function assertDone<A extends object>(answer: A | Refused): A {
  if ('failed' in answer) throw new ActionError(answer.failed);
  return answer;
}

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  decodeRelease,
  type ReleaseRecord,
  type ReleaseStatus,
  releaseStatuses,
  releaseText,
} from '../../../engines/helm/release/record.ts';
import type { KubeObject, PartialObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';
import { StorageError } from './storage-error.ts';

/** Of every Secret that holds a release (pkg/storage/driver/secrets.go). */
export const OWNER_SELECTOR = 'owner=helm';
const RELEASE_TYPE = 'helm.sh/release.v1';

/** Labels that Helm writes itself; all others are users' (pkg/storage/driver/util.go). */
const systemLabels: ReadonlySet<string> = new Set(['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt']);

/** What the metadata of a release's Secret tells. */
export interface StorageEntry {
  readonly name: string;
  readonly version: number;
  readonly status: ReleaseStatus;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The Secret of a revision (pkg/storage/storage.go, makeKey). */
export function secretName(release: string, version: number): string {
  return `sh.helm.release.v1.${release}.v${version}`;
}

/** A new Secret for a release. `labels` are users' own. */
export async function newSecret(
  record: ReleaseRecord,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  now: number,
): Promise<KubeObject> {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secretName(record.name, record.version),
      namespace,
      labels: { ...labels, ...labelsOf(record), createdAt: seconds(now) },
    },
    type: RELEASE_TYPE,
    data: { release: await payload(record) },
  };
}

/** The merge patch by which a stored release becomes `record`: as if Helm had replaced the Secret. */
export async function secretPatch(record: ReleaseRecord, now: number): Promise<unknown> {
  const labels = { ...labelsOf(record), createdAt: null, modifiedAt: seconds(now) };
  return { metadata: { labels }, type: RELEASE_TYPE, data: { release: await payload(record) } };
}

const pack = promisify(gzip);

/** Packed elsewhere: a large chart takes a while. Kubernetes has all data of Secrets in base64; so has Helm, before that. */
async function payload(record: ReleaseRecord): Promise<string> {
  const packed = await pack(releaseText(record), { level: 9 });
  return Buffer.from(packed.toString('base64'), 'latin1').toString('base64');
}

function labelsOf({ name, version, info }: ReleaseRecord): Record<string, string> {
  return { name, owner: 'helm', status: info.status, version: String(version) };
}

function seconds(now: number): string {
  return String(Math.floor(now / 1000));
}

/** What a Secret's metadata tells of a release; undefined when it is none. */
export function entryOf({ metadata }: PartialObject): StorageEntry | undefined {
  const { labels = {}, uid = '', resourceVersion = '', name: secret } = metadata;
  const { name = '', version = '', status = '', owner } = labels;
  const revision = Number(version);
  if (owner !== 'helm' || secret !== secretName(name, revision) || !Number.isSafeInteger(revision)) return undefined;
  const known = releaseStatuses.find((one) => one === status) ?? 'unknown';
  return { name, version: revision, status: known, uid, resourceVersion };
}

/** Labels that are none of Helm's own. */
export function userLabels({ metadata: { labels = {} } }: PartialObject): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !systemLabels.has(key)));
}

/** The release in a Secret. Throws {@link StorageError}. */
export function recordOf(secret: KubeObject): ReleaseRecord {
  const text = isRecord(secret['data']) ? secret['data']['release'] : undefined;
  const { name } = secret.metadata;
  if (typeof text !== 'string')
    throw new StorageError('corrupt', `failed to decode data ${JSON.stringify(name)}: no release`);
  try {
    return decodeRelease(Buffer.from(text, 'base64').toString('latin1'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StorageError('corrupt', `failed to decode data ${JSON.stringify(name)}: ${why}`, cause);
  }
}

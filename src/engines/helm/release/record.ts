import { gunzipSync } from 'fflate';
import { isRecord } from '../../../lib/json.ts';
import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { fromBase64 } from '../functions/base64.ts';
import { type HookEvent, hookEvents } from './manifests.ts';

/** The states of a release (pkg/release/common/status.go). */
export const releaseStatuses = [
  'unknown',
  'deployed',
  'uninstalled',
  'superseded',
  'failed',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
] as const;
export type ReleaseStatus = (typeof releaseStatuses)[number];

/** A hook as a release remembers it. */
export interface HookRecord {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  readonly manifest: string;
  readonly events: readonly HookEvent[];
  readonly weight: number;
  readonly deletePolicies: readonly string[];
  readonly outputLogPolicies: readonly string[];
  readonly lastRun: {
    /** RFC 3339; absent when it never ran. */
    readonly startedAt?: string;
    readonly completedAt?: string;
    readonly phase: '' | 'Unknown' | 'Running' | 'Succeeded' | 'Failed';
  };
}

/** A release as Helm 3 and 4 keep it in a Secret (pkg/release/v1/release.go). */
export interface ReleaseRecord {
  readonly name: string;
  readonly namespace: string;
  /** The revision, from 1. */
  readonly version: number;
  readonly info: {
    /** Times in RFC 3339. */
    readonly firstDeployed?: string;
    readonly lastDeployed?: string;
    readonly deleted?: string;
    readonly description: string;
    readonly status: ReleaseStatus;
    /** The revision that was rolled back to; absent for what is no rollback. */
    readonly rollbackRevision?: number;
    readonly notes: string;
  };
  /** The chart as Helm writes it. What is read is kept as it is, so that nothing is lost when it is written again. */
  readonly chart: Readonly<Record<string, unknown>>;
  /** What users gave as values. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly manifest: string;
  readonly hooks: readonly HookRecord[];
  /** How Helm 4 applied it; absent in releases of Helm 3. */
  readonly applyMethod?: 'ssa' | 'csa';
}

/** What is stored is no release. */
export class RecordError extends Error {}

/** The most that a record may unpack to: Kubernetes holds a mebibyte, packed. */
const MAX_BYTES = 64 << 20;

/** A release as JSON. Its Secret has it packed by gzip, in base64 (pkg/storage/driver/util.go). */
export function releaseText(release: ReleaseRecord): string {
  return JSON.stringify(releaseJson(release));
}

/** Reads the text of a release's Secret, also from before it was packed. Throws {@link RecordError}. */
export function decodeRelease(text: string): ReleaseRecord {
  try {
    const packed = fromBase64(text);
    const isPacked = packed[0] === 0x1f && packed[1] === 0x8b && packed[2] === 0x08;
    return readRelease(JSON.parse(fromBytes(isPacked ? unpack(packed) : packed)));
  } catch (error) {
    if (error instanceof RecordError) throw error;
    throw new RecordError(`cannot read release: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** gzip says at its end how large its content is, modulo 2^32; that is believed only when it is small. */
function unpack(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const size = view.getUint32(packed.byteLength - 4, true);
  if (size > MAX_BYTES) throw new RecordError(`the release is larger than ${MAX_BYTES} bytes`);
  return gunzipSync(packed, { out: new Uint8Array(size) });
}

function releaseJson(release: ReleaseRecord): Record<string, unknown> {
  const { name, info, chart, config, manifest, hooks, version, namespace, applyMethod } = release;
  return present({
    name,
    info: present({
      first_deployed: info.firstDeployed,
      last_deployed: info.lastDeployed,
      deleted: info.deleted,
      description: info.description,
      status: info.status,
      rollback_revision: info.rollbackRevision,
      notes: info.notes,
    }),
    chart,
    config: Object.keys(config).length === 0 ? undefined : config,
    manifest,
    hooks: hooks.length === 0 ? undefined : hooks.map(hookJson),
    version,
    namespace,
    apply_method: applyMethod,
  });
}

function hookJson(hook: HookRecord): Record<string, unknown> {
  const { name, kind, path, manifest, events, weight, deletePolicies, outputLogPolicies, lastRun } = hook;
  return {
    ...present({ name, kind, path, manifest, events: orNone(events) }),
    last_run: {
      ...present({ started_at: lastRun.startedAt, completed_at: lastRun.completedAt }),
      phase: lastRun.phase,
    },
    ...present({
      weight: weight === 0 ? undefined : weight,
      delete_policies: orNone(deletePolicies),
      output_log_policies: orNone(outputLogPolicies),
    }),
  };
}

function orNone<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Leaves out what is empty, as Go's `omitempty` does. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));
}

function readRelease(value: unknown): ReleaseRecord {
  const root = objectOf(value, 'release');
  const info = objectOf(root['info'] ?? {}, 'info');
  const status = textOf(info, 'status');
  const applyMethod = textOf(root, 'apply_method');
  const rollbackRevision = numberOf(info, 'rollback_revision');
  return {
    name: textOf(root, 'name'),
    namespace: textOf(root, 'namespace'),
    version: numberOf(root, 'version'),
    info: {
      ...timeOf(info, 'first_deployed', 'firstDeployed'),
      ...timeOf(info, 'last_deployed', 'lastDeployed'),
      ...timeOf(info, 'deleted', 'deleted'),
      description: textOf(info, 'description'),
      status: releaseStatuses.find((known) => known === status) ?? 'unknown',
      ...(rollbackRevision === 0 ? {} : { rollbackRevision }),
      notes: textOf(info, 'notes'),
    },
    chart: objectOf(root['chart'] ?? {}, 'chart'),
    config: objectOf(root['config'] ?? {}, 'config'),
    manifest: textOf(root, 'manifest'),
    hooks: listOf(root, 'hooks').map(readHook),
    ...(applyMethod === 'ssa' || applyMethod === 'csa' ? { applyMethod } : {}),
  };
}

function readHook(value: unknown): HookRecord {
  const hook = objectOf(value, 'hook');
  const lastRun = objectOf(hook['last_run'] ?? {}, 'last_run');
  const phase = textOf(lastRun, 'phase');
  return {
    name: textOf(hook, 'name'),
    kind: textOf(hook, 'kind'),
    path: textOf(hook, 'path'),
    manifest: textOf(hook, 'manifest'),
    events: hookEvents.filter((event) => listOf(hook, 'events').includes(event)),
    weight: numberOf(hook, 'weight'),
    deletePolicies: listOf(hook, 'delete_policies').map(String),
    outputLogPolicies: listOf(hook, 'output_log_policies').map(String),
    lastRun: {
      ...timeOf(lastRun, 'started_at', 'startedAt'),
      ...timeOf(lastRun, 'completed_at', 'completedAt'),
      phase: phase === 'Running' || phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown' ? phase : '',
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, name: string): Fields {
  if (isRecord(value)) return value;
  throw new RecordError(`cannot read release: ${name} is no object`);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value;
  throw new RecordError(`cannot read release: ${name} is no text`);
}

function numberOf(fields: Fields, name: string): number {
  const value = fields[name] ?? 0;
  if (typeof value === 'number') return value;
  throw new RecordError(`cannot read release: ${name} is no number`);
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new RecordError(`cannot read release: ${name} is no list`);
}

/** A time that is set: Helm 3 wrote an empty text where there is none. */
function timeOf<K extends string>(fields: Fields, name: string, key: K): { readonly [P in K]?: string } {
  const text = textOf(fields, name);
  return text === '' || text.startsWith('0001-01-01T') ? {} : ({ [key]: text } as { readonly [P in K]?: string });
}

import { dependencyFields, maintainerFields, metadataFields } from '../../../engines/helm/chart/metadata-fields.ts';
import type { HookRecord, ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { goJson } from '../../../engines/kustomize/go-json.ts';
import { isRecord } from '../../../lib/json.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What Flux's helm-controller takes the digest of a release from, byte for byte, so that either controller recognises what
 * the other released (internal/release/observation.go): everything but the chart's files and the test hooks, which anybody
 * may run at any time.
 *
 * @param ociDigest that of the chart's artifact, '' where there is none
 */
export function observationJson(record: ReleaseRecord, ociDigest: string): string {
  const { name, version, info, chart, config, manifest, hooks, namespace } = record;
  const observed = hooks.filter(({ events }) => !events.includes('test'));
  return `${struct([
    ['name', goJson(name)],
    ['version', String(version)],
    ['info', infoJson(info)],
    ['chartMetadata', metadataJson(isRecord(chart['metadata']) ? chart['metadata'] : {})],
    ['config', Object.keys(config).length === 0 ? 'null' : goJson(config)],
    ['manifest', goJson(manifest)],
    ['hooks', observed.length === 0 ? 'null' : `[${observed.map(hookJson).join(',')}]`],
    ['namespace', goJson(namespace)],
    ['ociDigest', filled(ociDigest)],
  ])}\n`;
}

function infoJson({ firstDeployed, lastDeployed, deleted, ...info }: ReleaseRecord['info']): string {
  const { rollbackRevision = 0 }: { readonly rollbackRevision?: number } = info;
  return struct([
    ['first_deployed', time(firstDeployed)],
    ['last_deployed', time(lastDeployed)],
    ['deleted', time(deleted)],
    ['description', filled(info.description)],
    ['status', filled(info.status)],
    ['rollback_revision', rollbackRevision === 0 ? undefined : String(rollbackRevision)],
    ['notes', filled(info.notes)],
  ]);
}

function hookJson({ lastRun, ...hook }: HookRecord): string {
  const run = struct([
    ['started_at', time(lastRun.startedAt)],
    ['completed_at', time(lastRun.completedAt)],
    ['phase', goJson(lastRun.phase)],
  ]);
  return struct([
    ['name', filled(hook.name)],
    ['kind', filled(hook.kind)],
    ['path', filled(hook.path)],
    ['manifest', filled(hook.manifest)],
    ['events', filled(hook.events)],
    ['last_run', run],
    ['weight', hook.weight === 0 ? undefined : String(hook.weight)],
    ['delete_policies', filled(hook.deletePolicies)],
    ['output_log_policies', filled(hook.outputLogPolicies)],
  ]);
}

/** What is written also when it is empty. */
const always: readonly string[] = ['name', 'repository'];

function metadataJson(metadata: Fields): string {
  return struct(
    metadataFields.map((field) => {
      const value = metadata[field];
      if (field === 'maintainers') return [field, structs(value, maintainerFields)];
      if (field === 'dependencies') return [field, structs(value, dependencyFields, always)];
      return [field, filled(value)];
    }),
  );
}

function structs(value: unknown, fields: readonly string[], required: readonly string[] = []): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const all = value.map((item: unknown) => {
    if (!isRecord(item)) return 'null';
    return struct(
      fields.map((field) => [field, filled(item[field]) ?? (required.includes(field) ? '""' : undefined)] as const),
    );
  });
  return `[${all.join(',')}]`;
}

/** JSON of what is not empty, as Go's `omitempty` has it. */
function filled(value: unknown): string | undefined {
  const isEmpty =
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.keys(value).length === 0);
  return isEmpty ? undefined : goJson(value);
}

/** A time as Go writes it: fractions of a second without zeros at their end. */
function time(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return goJson(text.replace(/\.(\d*?)0+(?=[Z+-])/, (_, digits: string) => (digits === '' ? '' : `.${digits}`)));
}

function struct(members: readonly (readonly [string, string | undefined])[]): string {
  const present = members.filter(([, value]) => value !== undefined);
  return `{${present.map(([name, value]) => `${goJson(name)}:${value}`).join(',')}}`;
}

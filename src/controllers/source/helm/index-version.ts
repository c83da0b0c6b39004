import { GoMap, GoSlice, GoStruct, type Value } from '../../../engines/gotemplate/value/values.ts';
import { ValidationError } from '../../../engines/helm/chart/fault.ts';
import { type Dependency, type Metadata, readMetadata, validated } from '../../../engines/helm/chart/metadata.ts';
import { dependencyFields, maintainerFields, metadataFields } from '../../../engines/helm/chart/metadata-fields.ts';
import { scalarText, templateValue } from '../../../engines/helm/functions/yaml.ts';
import { isRecord } from '../../../lib/json.ts';
import { goTime, zeroTime } from './go-time.ts';
import { IndexError } from './index-events.ts';

/** A version of a chart in an index: pkg/repo/v1/index.go, ChartVersion. */
export interface IndexVersion {
  readonly metadata: Metadata;
  readonly urls: readonly string[] | undefined;
  /** As RFC 3339. */
  readonly created: string;
  readonly removed: boolean;
  /** SHA-256 of the archive in hexadecimal, mostly; empty when there is none. */
  readonly digest: string;
  /** Fields of Helm 2, which are only passed on. */
  readonly old: readonly (readonly [string, string])[];
  /** What the dependencies say of being enabled, which nobody reads. */
  readonly enabled: readonly boolean[];
}

const oldFields = ['checksum', 'engine', 'tillerVersion', 'url'] as const;
const versionFields = known(...metadataFields, 'urls', 'created', 'removed', 'digest', ...oldFields);
const knownMaintainer = known(...maintainerFields);
const knownDependency = known(...dependencyFields);

/**
 * Reads a version. Undefined for one that no chart may be: it is left out, as Helm does. Throws IndexError for a field
 * that there is not, and ChartError for one of another type: either makes the index unusable.
 */
export function readIndexVersion(json: unknown): IndexVersion | undefined {
  if (json === null) return undefined;
  if (!isRecord(json)) throw notAnObject(json);
  checkFields(json, versionFields);
  for (const maintainer of listOf(json['maintainers'])) checkFields(maintainer, knownMaintainer);
  for (const dependency of listOf(json['dependencies'])) checkFields(dependency, knownDependency);
  const value = templateValue(json);
  const created = json['created'];
  return usable(value, {
    urls: textsOf(json['urls']),
    created: created === undefined || created === null ? zeroTime : goTime(String(created)),
    removed: json['removed'] === true,
    digest: textOf(json['digest']),
    old: oldFields.map((field) => [field, textOf(json[field])] as const),
    enabled: listOf(json['dependencies']).map((one) => isRecord(one) && one['enabled'] === true),
  });
}

function usable(value: Value, rest: Omit<IndexVersion, 'metadata'>): IndexVersion | undefined {
  try {
    const metadata = readMetadata(value);
    // Some servers strip aliases from their index: names that occur twice make nothing unusable here.
    const { dependencies } = metadata;
    validated({ ...metadata, dependencies: dependencies === undefined ? undefined : distinct(dependencies) });
    return { metadata: { ...validated({ ...metadata, dependencies: undefined }), dependencies }, ...rest };
  } catch (error) {
    if (error instanceof ValidationError) return undefined;
    throw error;
  }
}

function distinct(dependencies: readonly Dependency[]): readonly Dependency[] {
  return [...new Map(dependencies.map((one) => [one.alias === '' ? one.name : one.alias, one])).values()];
}

/** Whether encoding/json, which does not look at case, knows all fields (DisallowUnknownFields). */
export function checkFields(json: unknown, fields: ReadonlySet<string>): void {
  if (!isRecord(json)) return;
  for (const field of Object.keys(json)) {
    if (!fields.has(field) && !fields.has(field.toLowerCase()))
      throw new IndexError(
        `error unmarshaling JSON: while decoding JSON: json: unknown field ${JSON.stringify(field)}`,
      );
  }
}

/** Names of fields, as they are and in lower case. */
export function known(...fields: readonly string[]): ReadonlySet<string> {
  return new Set([...fields, ...fields.map((field) => field.toLowerCase())]);
}

/** The version as encoding/json writes it: fields in their order, most of them only when they say something. */
export function indexVersionValue({ metadata, urls, created, removed, digest, old, enabled }: IndexVersion): GoStruct {
  const fields: readonly (readonly [string, Value])[] = [
    ...metadataFields.map((field) => [field, metadataField(metadata, field, enabled)] as const),
    ['urls', urls === undefined ? null : list(urls)],
    ['created', created],
    ['removed', removed],
    ['digest', digest],
    ...old,
  ];
  return new GoStruct('repo.ChartVersion', new Map(fields.filter(([name, value]) => name === 'urls' || says(value))));
}

function metadataField(metadata: Metadata, field: keyof Metadata, enabled: readonly boolean[]): Value {
  switch (field) {
    case 'sources':
    case 'keywords':
      return list(metadata[field]);
    case 'annotations':
      return new GoMap(new Map(metadata.annotations));
    case 'maintainers':
      return list(
        metadata.maintainers.map(({ name, email, url }) =>
          struct([
            ['name', name],
            ['email', email],
            ['url', url],
          ]),
        ),
      );
    case 'dependencies':
      return list((metadata.dependencies ?? []).map((one, at) => dependencyValue(one, enabled[at] ?? false)));
    default:
      return metadata[field];
  }
}

function dependencyValue(dependency: Dependency, enabled: boolean): GoStruct {
  const { name, version, repository, condition, tags, importValues, alias } = dependency;
  return new GoStruct(
    'v2.Dependency',
    new Map<string, Value>([
      ['name', name],
      ...present([['version', version]]),
      ['repository', repository],
      ...present([
        ['condition', condition],
        ['tags', list(tags)],
        ['enabled', enabled],
        ['import-values', list(importValues)],
        ['alias', alias],
      ]),
    ]),
  );
}

function struct(fields: readonly (readonly [string, Value])[]): GoStruct {
  return new GoStruct('struct', new Map(present(fields)));
}

/** Go's `omitempty`. */
function present(fields: readonly (readonly [string, Value])[]): readonly (readonly [string, Value])[] {
  return fields.filter(([, value]) => says(value));
}

function says(value: Value): boolean {
  if (value instanceof GoSlice) return value.items.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  return value !== '' && value !== false && value !== null && value !== undefined;
}

function list(items: readonly Value[]): GoSlice {
  return new GoSlice([...items]);
}

function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

function textsOf(json: unknown): readonly string[] | undefined {
  if (json === undefined || json === null) return undefined;
  if (!Array.isArray(json)) throw new IndexError(`${decoding} cannot unmarshal object into urls of type []string`);
  return json.map(textOf);
}

function textOf(json: unknown): string {
  const text = scalarText(templateValue(json ?? ''));
  if (text === undefined)
    throw new IndexError(`${decoding} cannot unmarshal ${typeof json} into a field of type string`);
  return text;
}

const decoding = 'error unmarshaling JSON: while decoding JSON: json:';

function notAnObject(json: unknown): IndexError {
  const kind = Array.isArray(json) ? 'array' : typeof json === 'boolean' ? 'bool' : typeof json;
  return new IndexError(`${decoding} cannot unmarshal ${kind} into Go value of type repo.ChartVersion`);
}

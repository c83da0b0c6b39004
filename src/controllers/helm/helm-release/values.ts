import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { FunctionError } from '../../../engines/gotemplate/exec/exec-error.ts';
import { GoMap } from '../../../engines/gotemplate/value/values.ts';
import { mergeMaps, readValues } from '../../../engines/helm/chart/load.ts';
import { templateValue } from '../../../engines/helm/functions/yaml.ts';
import { valueRecord } from '../../../engines/helm/release/chart-record.ts';
import { parseInto, StrvalsError } from '../../../engines/helm/values/strvals.ts';
import type { Client } from '../../../kube/client.ts';
import { configMapType } from '../../../kube/config-map.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';

type Reference = NonNullable<HelmRelease['spec']['valuesFrom']>[number];

/** What users give, as JSON. */
export type Values = Readonly<Record<string, unknown>>;

/** Values that cannot be had; the message names the reference. */
export class ValuesError extends Error {}

const DEFAULT_KEY = 'values.yaml';
const readMs = 30_000;

/** Reads one entry of a ConfigMap or Secret. */
export interface ValuesSource {
  /** The text of an entry; undefined when the object has none of that name. Throws what the API server answers. */
  read(kind: Reference['kind'], name: string, key: string): Promise<string | undefined>;
}

/**
 * The values of a release: those of `valuesFrom` in order, later ones winning, `values` over all of them, and what has a
 * `targetPath` where it says, over that (fluxcd/pkg chartutil/values.go, ChartValuesFromReferences). Throws
 * {@link ValuesError}, and what the API server answers when it is something else than that there is no such object.
 */
export async function composeValues(object: HelmRelease, source: ValuesSource): Promise<Values> {
  const { namespace } = object.metadata;
  const inline = asMap(object.spec.values);
  let result = new GoMap();
  for (const reference of object.spec.valuesFrom ?? []) {
    const text = await readReference(reference, namespace, source);
    if (text === undefined) continue;
    result = merged(result, reference, namespace, text, inline);
  }
  return asJson(mergeMaps(result, inline));
}

/** Entries of ConfigMaps and Secrets in one namespace; each object is read once. */
export function clusterValues(client: Client, namespace: string, signal: AbortSignal): ValuesSource {
  const reads = new Map<string, Promise<Values>>();
  return {
    async read(kind, name, key) {
      const type = kind === 'Secret' ? secretType : configMapType;
      const reading = reads.getOrInsertComputed(`${kind}/${name}`, async () => {
        const found = await client.get<KubeObject>(type, { namespace, name }, { signal: withDeadline(signal, readMs) });
        return isRecord(found['data']) ? found['data'] : {};
      });
      const value = (await reading)[key];
      if (typeof value !== 'string') return undefined;
      return kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value;
    },
  };
}

async function readReference(
  reference: Reference,
  namespace: string,
  source: ValuesSource,
): Promise<string | undefined> {
  const { kind, name, valuesKey = DEFAULT_KEY, optional = false } = reference;
  try {
    const text = await source.read(kind, name, valuesKey);
    if (text === undefined && !optional) throw unresolved(reference, namespace, 'key not found');
    return text;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (optional) return undefined;
    throw unresolved(reference, namespace, errorMessage(error), error);
  }
}

function merged(result: GoMap, reference: Reference, namespace: string, text: string, inline: GoMap): GoMap {
  const { targetPath, literal = false } = reference;
  try {
    if (targetPath === undefined || targetPath === '') return mergeMaps(result, readValues(text));
    const base = mergeMaps(result, inline);
    if (literal) parseInto(`${targetPath}=${escaped(text)}`, base, 'string');
    else setAt(base, targetPath, text);
    return base;
  } catch (error) {
    if (!(error instanceof StrvalsError) && !(error instanceof FunctionError)) throw error;
    throw unresolved(reference, namespace, error.message, error);
  }
}

/** Sets what `--set` would; a quoted text stays a text (ReplacePathValue). */
function setAt(values: GoMap, path: string, text: string): void {
  const isQuoted = ["'", '"'].some((quote) => text.startsWith(quote) && text.endsWith(quote));
  if (isQuoted) parseInto(`${path}=${text.replace(/^['"]+|['"]+$/g, '')}`, values, 'string');
  else parseInto(`${path}=${text}`, values, 'typed');
}

/** A text that `--set-string` reads as it is (ReplacePathLiteralValue). */
function escaped(text: string): string {
  return text.replace(/[\\,[\]{}]/g, (character) => `\\${character}`);
}

function unresolved(reference: Reference, namespace: string, reason: string, cause?: unknown): ValuesError {
  const { kind, name, valuesKey = DEFAULT_KEY, optional = false } = reference;
  const what = `${optional ? 'optional ' : ''}${kind} chart values reference '${namespace}/${name}' with key '${valuesKey}'`;
  return new ValuesError(`could not resolve ${what}: ${reason}`, { cause });
}

function asMap(json: unknown): GoMap {
  const value = templateValue(json ?? {});
  return value instanceof GoMap ? value : new GoMap();
}

function asJson(values: GoMap): Values {
  const json = valueRecord(values);
  return isRecord(json) ? json : {};
}

import { dryRunError } from '../../../apply/apply-error.ts';
import { compileIgnoreRules, type IgnoredPaths, type IgnoreRule, withoutIgnored } from '../../../apply/drift-ignore.ts';
import { takeOverPatch } from '../../../apply/field-managers.ts';
import { desiredDigest } from '../../../apply/fingerprint.ts';
import { anyInMetadata } from '../../../apply/metadata.ts';
import { normalizeObject } from '../../../apply/normalize.ts';
import { DISABLED, HELM_FIELD_MANAGER, HELM_GROUP } from '../../../crds/meta/names.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { ActionContext } from './context.ts';
import { purposeOf } from './drift-ledger.ts';
import { type JsonOperation, jsonDiff } from './json-diff.ts';
import { BuildError, buildEach, ownedBy, type ReleaseObject } from './objects.ts';
import { requestMs } from './write-object.ts';
import { MANNER, placesOf } from './write-objects.ts';

/** How an object stands against its release (fluxcd/pkg ssa/jsondiff, DiffType). */
export interface DriftDiff {
  /** `create`: it is not there; `exclude`: nobody is to look at it. */
  readonly type: 'none' | 'create' | 'update' | 'exclude';
  /** As it should be. */
  readonly item: ReleaseObject;
  /** What has to be changed; only for `update`. */
  readonly patch: readonly JsonOperation[];
  /** By which the ledger knows it when that is done. */
  readonly digest: string;
}

export interface DriftReport {
  /** In the order of the manifest. */
  readonly diffs: readonly DriftDiff[];
  /** Of objects that could not be compared. */
  readonly errors: readonly string[];
}

export interface DriftOptions {
  readonly ignore: readonly IgnoreRule[];
  /** Managers whose fields are taken over first (`--override-manager`). */
  readonly overrideManagers?: readonly string[];
}

/** Label or annotation by which an object is left alone. */
const excluded = { [`${HELM_GROUP}/driftDetection`]: DISABLED };
const concurrency = 6;

/**
 * How the objects of a release stand against the cluster (helm-controller internal/action/diff.go, Diff): a dry run of
 * each tells. What the ledger knows to be as it was left is not asked for. Throws SyntaxError for a wrong ignore rule,
 * BuildError for a manifest that cannot be read, and the reason of the context's signal.
 */
export async function detectDrift(
  context: ActionContext,
  record: ReleaseRecord,
  { ignore, overrideManagers = [] }: DriftOptions,
): Promise<DriftReport> {
  const { session } = context;
  const manner = ignore.length === 0 ? MANNER : `${MANNER} ${JSON.stringify(ignore)}`;
  const purpose = `${purposeOf(record)} ${manner}`;
  if (session?.isIntact(purposeOf(record)) === true || session?.isIntact(purpose) === true) {
    return { diffs: [], errors: [] };
  }
  const rules = compiled(ignore);
  const { client, signal, release } = context;
  const { items: built, unserved } = await buildEach(record.manifest, { client, signal, namespace: release.namespace });
  const items = ownedBy(built, record).map((item) => ({ ...item, object: normalizeObject(item.object) }));
  session?.watch(placesOf(items));
  const originals = ownedBy(built, record);
  const found = await mapLimited(items, concurrency, async (item, index): Promise<DriftDiff | string> => {
    const digests = { own: desiredDigest(originals[index]?.object ?? item.object, MANNER), manner };
    try {
      return await compare(item, digests, rules, overrideManagers, context);
    } catch (error) {
      signal.throwIfAborted();
      return errorMessage(error);
    }
  });
  const unknown = unserved.map(({ object: { kind }, message }) => {
    const [reason] = message.split('\n');
    return `failed to determine if ${kind} is namespace scoped: ${reason}`;
  });
  const errors = [...unknown, ...found.filter((one) => typeof one === 'string')];
  const diffs = found.filter((one) => typeof one !== 'string');
  if (errors.length === 0 && !hasDrift(diffs)) session?.complete(purpose);
  return { diffs, errors };
}

/** Whether something differs. */
export function hasDrift(diffs: readonly DriftDiff[]): boolean {
  return diffs.some(({ type }) => type === 'create' || type === 'update');
}

interface Rules {
  readonly paths: IgnoredPaths;
  /** Whether the whole object is ignored. */
  readonly whole: (object: KubeObject) => boolean;
}

function compiled(ignore: readonly IgnoreRule[]): Rules {
  const paths = compileIgnoreRules(
    ignore.map((rule) => ({ ...rule, paths: rule.paths.filter((path) => path !== '') })),
  );
  const roots = ignore.filter((rule) => rule.paths.includes('')).map((rule) => ({ ...rule, paths: ['/metadata'] }));
  const whole = compileIgnoreRules(roots);
  return { paths, whole: (object) => whole(object).length > 0 };
}

async function compare(
  item: ReleaseObject,
  { own, manner }: { readonly own: string; readonly manner: string },
  rules: Rules,
  overrideManagers: readonly string[],
  context: ActionContext,
): Promise<DriftDiff> {
  const { session } = context;
  const { object, type, key } = item;
  const digest = manner === MANNER ? own : desiredDigest(object, manner);
  const none: DriftDiff = { type: 'none', item, patch: [], digest };
  const exclude: DriftDiff = { ...none, type: 'exclude' };
  if (anyInMetadata(object, excluded) || rules.whole(object)) return exclude;
  const known = session?.recall(type, key, own) ?? session?.recall(type, key, digest);
  if (known !== undefined) return known === 'skipped' ? exclude : none;
  if (overrideManagers.length > 0) await takeOver(item, overrideManagers, context);
  const { live, result } = await dryRun(item, context);
  if (live !== undefined && anyInMetadata(live, excluded)) {
    session?.recordSkipped(type, key, digest);
    return exclude;
  }
  if (live === undefined) return { ...none, type: 'create' };
  const patch = differences(live, result, rules.paths(object));
  if (patch.length > 0) return { ...none, type: 'update', patch };
  session?.record(type, live, digest, false);
  return none;
}

/** The live object, and what it would become. */
async function dryRun(
  { object, type, key }: ReleaseObject,
  { client, signal }: ActionContext,
): Promise<{ readonly live?: KubeObject; readonly result: KubeObject }> {
  const call = { signal: withDeadline(signal, requestMs) };
  const options = { ...call, fieldManager: HELM_FIELD_MANAGER, force: true, dryRun: true };
  try {
    const { object: result, created } = await client.apply(type, object, options);
    return created ? { result } : { result, live: await client.get(type, key, call) };
  } catch (error) {
    signal.throwIfAborted();
    // Gone between the two.
    if (isNotFound(error) && error.details?.name === key.name) return { result: object };
    throw dryRunError(object, error);
  }
}

/** Labels and annotations are compared only as far as the chart has them: others add theirs. */
function differences(
  before: KubeObject,
  after: KubeObject,
  paths: readonly (readonly string[])[],
): readonly JsonOperation[] {
  const [live, wanted] = [withoutIgnored(before, paths), withoutIgnored(after, paths)];
  const metadata = jsonDiff(texts(live), texts(wanted), 2).filter(({ op }) => op !== 'remove');
  return [...metadata, ...jsonDiff(content(live), content(wanted))];
}

function texts({ metadata: { labels, annotations } }: KubeObject): unknown {
  return {
    metadata: { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) },
  };
}

function content({ metadata: _metadata, status: _status, ...rest }: KubeObject): unknown {
  return rest;
}

/** helm-controller internal/action/diff.go, replaceDisallowedFieldManagers. */
async function takeOver(
  { object, type, key }: ReleaseObject,
  managers: readonly string[],
  { client, signal }: ActionContext,
): Promise<void> {
  const call = { signal: withDeadline(signal, requestMs) };
  try {
    const live = await client.get(type, key, call);
    const body = takeOverPatch(live, HELM_FIELD_MANAGER, managers);
    if (body.length > 0) {
      await client.patch(type, key, { type: 'json', body }, { ...call, fieldManager: HELM_FIELD_MANAGER });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return;
    throw new BuildError(`failed to clean-up disallowed field managers: ${dryRunError(object, error).message}`, {
      cause: error,
    });
  }
}

import { toEntry } from '../../../apply/inventory.ts';
import type { StatusWaiter } from '../../../apply/waiter.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Clock } from '../../../lib/clock.ts';
import { parseYamlDocuments } from '../../../yaml/parse.ts';
import { ActionLog } from '../actions/action-log.ts';
import type { ChartInput } from '../actions/chart-input.ts';
import type { ActionContext, WaitOptions } from '../actions/context.ts';
import { correctDrift } from '../actions/correct-drift.ts';
import type { DriftDiff } from '../actions/detect-drift.ts';
import { install } from '../actions/install.ts';
import { rollback } from '../actions/rollback.ts';
import { test } from '../actions/test.ts';
import { uninstall } from '../actions/uninstall.ts';
import { unlock } from '../actions/unlock.ts';
import { upgrade } from '../actions/upgrade.ts';
import { type ActionPorts, ActionRun } from './action-run.ts';
import { isEnabled } from './extensions.ts';
import type { Action } from './next-action.ts';
import { refuseChartConflicts, refuseConflicts } from './refuse-conflicts.ts';
import type { ReleaseRun } from './runs.ts';
import { type ActionSpec, maxHistory, releaseKey, timeoutMs } from './spec.ts';

/** What actions need beside the run. */
export interface PerformOptions {
  readonly clock: Clock;
  readonly waiter: StatusWaiter;
  /** Feature gate UseHelm3Defaults. */
  readonly useHelm3Defaults: boolean;
  others(): readonly HelmRelease[];
}

type Run = Pick<ReleaseRun, 'chart' | 'target' | 'storage' | 'session' | 'health'>;
type UninstallRun = Pick<ReleaseRun, 'target' | 'storage' | 'session' | 'health'>;

/** Begins an action. `diffs` are what a correction of drift corrects. */
export function beginAction(
  action: Action,
  object: HelmRelease,
  run: Run,
  options: PerformOptions,
  diffs: readonly DriftDiff[] = [],
): ActionRun {
  const begun: ActionRun = new ActionRun(action, new ActionLog(options.clock), options.clock, (ports) => {
    const context = {
      ...contextOf(object, releaseKey(object), run, ports, options),
      ...refusing(object, run, ports, options),
    };
    return perform(action, object, run, { context, options, diffs, begun });
  });
  return begun;
}

/** With the annotation for it, what others have is found before anything of this one is written. */
function refusing(
  object: HelmRelease,
  { target: { client } }: Run,
  { signal }: ActionPorts,
  { others }: PerformOptions,
): Pick<ActionContext, 'beforeObjects'> {
  if (!isEnabled(object, 'refuseConflicts')) return {};
  return { beforeObjects: (entries) => refuseConflicts(object, entries, { client, signal, others }) };
}

/**
 * The same before definitions are written, which objects of the chart may need. Values of an earlier release are not
 * known here: what they make of the chart is looked at after the definitions.
 */
async function refuseBeforeDefinitions(
  object: HelmRelease,
  chart: ChartInput,
  action: 'install' | 'upgrade',
  { context: { client, signal }, options: { others } }: Performing,
): Promise<void> {
  const { install: installing, upgrade: upgrading } = object.spec;
  const policy = action === 'install' ? (installing?.crds ?? 'Create') : (upgrading?.crds ?? 'Skip');
  if (!chart.hasDefinitions || policy === 'Skip' || !isEnabled(object, 'refuseConflicts')) return;
  if (action === 'upgrade' && upgrading?.preserveValues === true) return;
  const skipSchemaValidation = object.spec[action]?.disableSchemaValidation === true;
  const what = { revision: 1, isUpgrade: action === 'upgrade', skipSchemaValidation };
  const { namespace } = releaseKey(object);
  await refuseChartConflicts(object, { chart, what, namespace }, { client, signal, others });
}

/** Begins to uninstall the release that the status knows, whatever the spec names now. */
export function beginUninstall(
  object: HelmRelease,
  release: { readonly name: string; readonly namespace: string },
  run: UninstallRun,
  options: PerformOptions,
): ActionRun {
  return new ActionRun({ name: 'uninstall' }, new ActionLog(options.clock), options.clock, (ports) =>
    uninstall(contextOf(object, release, run, ports, options), uninstallOptions(object, options)),
  );
}

interface Performing {
  readonly context: ActionContext;
  readonly options: PerformOptions;
  readonly diffs: readonly DriftDiff[];
  readonly begun: ActionRun;
}

async function perform(
  action: Action,
  object: HelmRelease,
  { chart: { input: chart } }: Run,
  performing: Performing,
): Promise<unknown> {
  const { context, options, diffs, begun } = performing;
  const { spec } = object;
  switch (action.name) {
    case 'install': {
      const given = spec.install ?? {};
      begun.definitions = await definitionEntries(chart, context.signal);
      await refuseBeforeDefinitions(object, chart, 'install', performing);
      return install(context, {
        chart,
        wait: waitOptions(object, 'install', options),
        crds: given.crds ?? 'Create',
        createNamespace: given.createNamespace === true && spec.targetNamespace !== undefined,
        serverSideApply: given.serverSideApply ?? !options.useHelm3Defaults,
        takeOwnership: given.disableTakeOwnership !== true,
        disableHooks: given.disableHooks === true,
        disableSchemaValidation: given.disableSchemaValidation === true,
        replace: given.replace === true,
      });
    }
    case 'upgrade': {
      const given = spec.upgrade ?? {};
      begun.definitions = await definitionEntries(chart, context.signal);
      await refuseBeforeDefinitions(object, chart, 'upgrade', performing);
      return upgrade(context, {
        chart,
        wait: waitOptions(object, 'upgrade', options),
        crds: given.crds ?? 'Skip',
        serverSideApply: given.serverSideApply ?? 'auto',
        force: given.force === true,
        preserveValues: given.preserveValues === true,
        maxHistory: maxHistory(object),
        takeOwnership: given.disableTakeOwnership !== true,
        disableHooks: given.disableHooks === true,
        disableSchemaValidation: given.disableSchemaValidation === true,
        cleanupOnFail: given.cleanupOnFail === true,
      });
    }
    case 'rollback': {
      const given = spec.rollback ?? {};
      begun.definitions = await definitionEntries(chart, context.signal);
      return rollback(context, {
        version: action.to?.version ?? 0,
        wait: waitOptions(object, 'rollback', options),
        serverSideApply: given.serverSideApply ?? 'auto',
        force: given.force === true,
        maxHistory: maxHistory(object),
        disableHooks: given.disableHooks === true,
        cleanupOnFail: given.cleanupOnFail === true,
      });
    }
    case 'uninstall':
      return uninstall(context, uninstallOptions(object, options));
    case 'test':
      return test(context, {
        wait: { timeoutMs: timeoutMs(object, 'test') },
        filters: (spec.test?.filters ?? []).map(({ name, exclude = false }) => ({ name, exclude })),
      });
    case 'unlock':
      return unlock(context);
    case 'correct cluster drift':
      return correctDrift(context, diffs);
  }
}

function uninstallOptions(object: HelmRelease, options: PerformOptions) {
  const given = object.spec.uninstall;
  return {
    wait: waitOptions(object, 'uninstall', options),
    keepHistory: given?.keepHistory === true,
    disableHooks: given?.disableHooks === true,
    deletionPropagation: given?.deletionPropagation ?? 'background',
  } as const;
}

/** For how long, for what and how an action waits (internal/action/wait.go, getWaitStrategy). */
function waitOptions(object: HelmRelease, action: Exclude<ActionSpec, 'test'>, options: PerformOptions): WaitOptions {
  const given: { readonly disableWait?: boolean; readonly disableWaitForJobs?: boolean } = object.spec[action] ?? {};
  const byDefault = options.useHelm3Defaults ? 'legacy' : 'poller';
  const strategy = (object.spec.waitStrategy?.name ?? byDefault) === 'legacy' ? 'legacy' : 'watcher';
  return {
    timeoutMs: timeoutMs(object, action),
    strategy: given.disableWait === true ? 'hookOnly' : strategy,
    forJobs: given.disableWaitForJobs !== true,
  };
}

function contextOf(
  { metadata }: HelmRelease,
  release: ActionContext['release'],
  { target, storage, session, health }: UninstallRun,
  ports: ActionPorts,
  { clock, waiter }: PerformOptions,
): ActionContext {
  const owner = { name: metadata.name, namespace: metadata.namespace };
  return { client: target.client, storage, release, owner, clock, waiter, health, session, ...ports };
}

/** The definitions of a chart as an inventory names them; they are in it also when they are not applied. */
async function definitionEntries(chart: ChartInput, signal: AbortSignal): Promise<ActionRun['definitions']> {
  if (!chart.hasDefinitions) return [];
  const files = await chart.definitions(signal);
  return files.flatMap(({ content }) => entriesIn(new TextDecoder().decode(content)));
}

interface Named {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
}

function entriesIn(text: string): ActionRun['definitions'] {
  let documents: readonly unknown[];
  try {
    documents = parseYamlDocuments(text);
  } catch {
    // Whoever applies the file tells what is wrong with it.
    return [];
  }
  return documents.flatMap((document) => {
    const { apiVersion = '', kind, metadata }: Named = document ?? {};
    if (kind === undefined || metadata?.name === undefined) return [];
    const slash = apiVersion.indexOf('/');
    const [group, version] = [apiVersion.slice(0, Math.max(0, slash)), apiVersion.slice(slash + 1)];
    return [toEntry({ group, version, kind, namespace: '', name: metadata.name })];
  });
}

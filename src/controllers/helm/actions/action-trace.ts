import type { ActionContext } from './context.ts';
import { gvkText, type ReleaseObject } from './objects.ts';
import type { WriteMethod, WrittenObject } from './write-objects.ts';

/** Go's encoder has nothing to say of an error. */
const error = {};

/** Says, as Helm does, in which way objects are going to be created. */
export function traceCreation(count: number, method: Pick<WriteMethod, 'serverSide'>, { log }: ActionContext): void {
  log.add('creating resource(s)', { resources: count });
  if (method.serverSide) traceServerSide(false, { log });
  else log.add('using client-side apply for resource creation');
}

/** The same of objects that are updated, or created where they are not there. */
export function traceUpdate(count: number, method: WriteMethod, { log }: ActionContext): void {
  const { serverSide, replaces, upgradesManager } = method;
  if (serverSide) traceServerSide(true, { log });
  else log.add('using client-side apply for resource creation');
  if (replaces) log.add('using resource replace update strategy', { fieldValidationDirective: 'Strict' });
  else if (serverSide) {
    log.add('using server-side apply for resource update', {
      dryRun: false,
      fieldValidationDirective: 'Strict',
      forceConflicts: true,
      upgradeClientSideFieldManager: upgradesManager,
    });
  } else {
    log.add('using client-side apply for resource update', { threeWayMergeForUnstructured: method.correctsCustom });
  }
  log.add('checking resources for changes', { resources: count });
}

function traceServerSide(forceConflicts: boolean, { log }: Pick<ActionContext, 'log'>): void {
  const about = { dryRun: false, fieldValidationDirective: 'Strict', forceConflicts };
  log.add('using server-side apply for resource creation', about);
}

/** Says what was written, or was known to be so. */
export function traceWritten(written: readonly WrittenObject[], { log }: ActionContext): void {
  for (const { item, created } of written) {
    log.add(created ? 'Created resource via patch' : 'Patched resource', aboutObject(item));
  }
}

/** Says what could not be written; why is in the message above. */
export function traceFailure(item: ReleaseObject, isCreation: boolean, { log }: ActionContext): void {
  const what = isCreation ? 'Error creating resource via patch' : 'Error patching resource';
  log.add(what, { error, ...aboutObject(item) });
}

/** Says that an upgrade failed. */
export function traceUpgradeFailure({ log, release: { name } }: ActionContext): void {
  log.add('warning: upgrade failed', { error, name });
}

function aboutObject({ type, key }: ReleaseObject): Readonly<Record<string, unknown>> {
  return { gvk: gvkText(type), name: key.name, namespace: key.namespace ?? '' };
}

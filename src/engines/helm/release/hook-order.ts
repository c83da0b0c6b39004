import { compareText } from '../../gotemplate/value/go-text.ts';
import type { HookEvent } from './manifests.ts';

/** What decides when a hook is executed. */
export interface OrderedHook {
  readonly name: string;
  readonly events: readonly HookEvent[];
  readonly weight: number;
}

/**
 * The hooks of an event in the order in which Helm executes them (pkg/action/hooks.go): by weight, then by name; those
 * that are equal stay as they are in the release, by kind. A hook that names the event twice is executed twice.
 */
export function hooksOf<T extends OrderedHook>(hooks: readonly T[], event: HookEvent): readonly T[] {
  return hooks
    .flatMap((hook) => hook.events.filter((one) => one === event).map(() => hook))
    .toSorted((a, b) => a.weight - b.weight || compareText(a.name, b.name));
}

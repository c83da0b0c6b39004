import type { KubeObject } from '../kube/object.ts';
import type { EventInput } from './outcome.ts';

/** Takes events about objects. Never waits, never throws. */
export interface EventSink {
  event(object: KubeObject, event: EventInput): void;
}

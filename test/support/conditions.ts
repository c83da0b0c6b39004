import type { ApiObject } from './api-client.ts';

export interface SeenCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** A condition of an object's status, or undefined. */
export function condition(object: ApiObject, type: string): SeenCondition | undefined {
  const { conditions } = (object['status'] ?? {}) as { conditions?: SeenCondition[] };
  return conditions?.find((one) => one.type === type);
}

/** Whether Ready is True, and speaks of the object as it is now. */
export function isReady(object: ApiObject): boolean {
  return hasReady(object, 'True');
}

/** Whether Ready is False, speaks of the object as it is now and, when asked, has this reason. */
export function isFailed(object: ApiObject, reason?: string): boolean {
  return hasReady(object, 'False') && (reason === undefined || condition(object, 'Ready')?.reason === reason);
}

function hasReady(object: ApiObject, status: 'True' | 'False'): boolean {
  const ready = condition(object, 'Ready');
  return ready?.status === status && ready.observedGeneration === object.metadata['generation'];
}

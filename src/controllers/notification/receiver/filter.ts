import type { Receiver } from '../../../crds/notification/receiver.ts';
import { type BooleanExpr, CelError, compileExpr, prepared } from '../../../engines/cel/cel.ts';
import type { PartialObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';
import { firstJson } from './first-json.ts';
import { header, type Verified, type WebhookCall } from './webhook-call.ts';

/** Whether a call wakes an object. Throws CelError. */
export type ObjectFilter = (object: PartialObject) => boolean;

/** How long the filters of one call may take together: an object is asked about in less than a millisecond. */
const maxCallMs = 2000;

/**
 * A `resourceFilter`, ready to be asked (receiver_resource_filter.go): over `req`, the body, and `res`, an object's
 * metadata; with `withClaims` also over the `claims` of the caller's token. Throws CelError.
 */
export function compileFilter(text: string, withClaims: boolean): BooleanExpr {
  return compileExpr(text, withClaims ? ['res', 'req', 'claims'] : ['res', 'req']);
}

/** What a call has to say about objects: undefined where that is always yes. */
export interface CallFilters {
  /** For each of the Receiver's `resources`. */
  readonly resources: readonly (ObjectFilter | undefined)[];
  /** For those that it does not list. */
  readonly others: ObjectFilter | undefined;
}

/**
 * What a call has to say about the objects that it may wake.
 * Throws an Error when the body of a call that must be JSON is none, and CelError.
 *
 * @param maxMs How long the filters of this call may take together.
 */
export function callFilters(
  { spec: { resourceFilter, resources } }: Receiver,
  call: WebhookCall,
  { body = call.body, claims }: Verified,
  maxMs = maxCallMs,
): CallFilters {
  const texts = resources.map(({ filter }) => [resourceFilter, filter].filter(isExpression));
  if (texts.every((list) => list.length === 0) && !isExpression(resourceFilter)) {
    return { resources: texts.map(() => undefined), others: undefined };
  }
  const req = prepared(isJson(call) ? jsonObject(body) : {});
  const variables = { req, ...(claims === undefined ? {} : { claims: prepared(claims) }) };
  const budget = new CallBudget(maxMs);
  const compiled = new Map<string, BooleanExpr>();
  const filterOf = (list: readonly string[]): ObjectFilter | undefined => {
    if (list.length === 0) return undefined;
    const filters = list.map((text) =>
      compiled.getOrInsertComputed(text, () => compileFilter(text, claims !== undefined)),
    );
    return (res) => budget.spend(() => filters.every((filter) => filter.evaluateBoolean({ ...variables, res })));
  };
  return { resources: texts.map(filterOf), others: filterOf([resourceFilter].filter(isExpression)) };
}

/** The time that all filters of a call have: each is bounded by itself, but there may be many objects. */
class CallBudget {
  #leftMs: number;

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  spend<T>(work: () => T): T {
    if (this.#leftMs <= 0) throw new CelError('Budget', 'the filters of the Receiver take too long');
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      this.#leftMs -= performance.now() - startedAt;
    }
  }
}

function isExpression(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/** Of several content types, those up to the first that is none are looked at (isJSONContent). */
function isJson(call: WebhookCall): boolean {
  return header(call, 'content-type')
    .split(',')
    .some((type) => type.split(';')[0]?.trim().toLowerCase() === 'application/json');
}

/** The JSON object that a body is. Throws an Error when it is none. */
export function jsonObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = firstJson(Buffer.from(body).toString('utf8'));
  } catch {
    throw new Error('failed to parse request body as JSON');
  }
  if (value === null) return {};
  if (!isRecord(value) || Array.isArray(value))
    throw new Error('failed to parse request body as JSON: it is no object');
  return value;
}

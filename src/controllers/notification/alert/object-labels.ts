import { allKinds } from '../../../crds/all.ts';
import type { Client } from '../../../kube/client.ts';
import type { PartialObject, ResourceType } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { groupOf, type InvolvedObject } from '../event.ts';
import type { Labels } from './sources.ts';

/** How old an answer may be: a burst of events about one object costs one request. */
const maxAgeMs = 1000;
const maxKnown = 1000;
const timeoutMs = 10_000;

interface Answer {
  readonly at: number;
  readonly labels: Promise<Labels>;
}

/** Looks up the labels of objects that events are about: the events do not tell them. */
export class ObjectLabels {
  readonly #client: Pick<Client, 'getMetadata'>;
  readonly #clock: Clock;
  readonly #known = new Map<string, Answer>();

  constructor(client: Pick<Client, 'getMetadata'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The labels of an object. Throws ApiError, and RangeError for a kind that is not of this API. */
  of(about: InvolvedObject, signal: AbortSignal): Promise<Labels> {
    const { apiVersion, kind, namespace, name } = about;
    const key = [apiVersion, kind, namespace, name].join('/');
    const now = this.#clock.now();
    const known = this.#known.get(key);
    if (known !== undefined && Math.abs(now - known.at) <= maxAgeMs) return known.labels;
    if (this.#known.size >= maxKnown) this.#known.clear();
    const labels = this.#ask(about, signal).then(({ metadata }) => metadata.labels ?? {});
    this.#known.set(key, { at: now, labels });
    labels.catch(() => this.#known.delete(key));
    return labels;
  }

  async #ask(about: InvolvedObject, signal: AbortSignal): Promise<PartialObject> {
    const { namespace, name } = about;
    return this.#client.getMetadata(typeOf(about), { namespace, name }, { signal: withDeadline(signal, timeoutMs) });
  }
}

/** In the version that the event names: its sender may be older or newer than we are. */
function typeOf(about: InvolvedObject): ResourceType {
  const group = groupOf(about);
  const kind = allKinds.find((candidate) => candidate.kind === about.kind && candidate.group === group);
  if (kind === undefined) throw new RangeError(`no kind ${about.kind} in ${group}`);
  return { ...kind, version: about.apiVersion.slice(group.length + 1) };
}

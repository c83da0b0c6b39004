import { array, integer, map, object, string } from '../schema/builders.ts';
import { required, type Schema } from '../schema/schema.ts';

/** A string without a description of its own: the item of a list, the value of a map. */
export const text: Schema<string> = { type: 'string' };

/** The pattern of {@link duration}, for fields that also have a default. */
export const DURATION = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$';
const SHORT_DURATION = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$';

/**
 * A Go duration in milliseconds, seconds, minutes and hours only. The other units of Go are refused, as are signs:
 * a controller crashed on them once (CVE-2022-39272).
 */
export function duration(description: string): Schema<string> {
  return string(description, { pattern: DURATION });
}

/** As {@link duration}, without hours: the `timeout` of sources. */
export function shortDuration(description: string): Schema<string> {
  return string(description, { pattern: SHORT_DURATION });
}

/** As {@link shortDuration}, 60 seconds when not given. */
export function timeoutOf60s(description: string) {
  return string(description, { pattern: SHORT_DURATION, default: '60s' });
}

/** `meta.LocalObjectReference`: an object of a fixed kind in the same namespace. */
export function localObjectReference(description: string) {
  return object(description, { name: required(string('Name of the object.')) });
}

const metadataMap = (description: string) => map(description, text);

/** `commonMetadata` of the kinds that produce objects. */
export const commonMetadata = object(
  'Labels and annotations that all produced objects get. They replace existing ones of the same key.',
  {
    annotations: metadataMap('Annotations to set.'),
    labels: metadataMap('Labels to set.'),
  },
);

/** `spec.suspend`. */
export const suspend: Schema<boolean> = {
  type: 'boolean',
  description: 'Stops all reconciling of this object, except its deletion, until it is set to false.',
};

/** The status fields of every kind that is reconciled. */
export const reconcileStatus = {
  lastHandledReconcileAt: string(
    'The last value of the annotation `reconcile.fluxcd.io/requestedAt` that was acted on.',
  ),
  observedGeneration: integer('The last `metadata.generation` that ended ready or stalled.', { format: 'int64' }),
} as const;

/** The status default by which a new object is told from one that was reconciled. */
export const statusDefault = { default: { observedGeneration: -1 } } as const;

/** `acl.AccessFrom`: who may refer to the object from other namespaces. */
export const accessFrom = object('Which other namespaces may refer to this object.', {
  namespaceSelectors: required(
    array(
      'Namespaces that match one of these may refer to this object. An empty `matchLabels` matches all.',
      object('One selector of namespaces.', {
        matchLabels: map('Labels that a namespace must carry, all of them.', text),
      }),
    ),
  ),
});

/** `certSecretRef` of the kinds that talk TLS to a server of the user's choice. */
export const certSecretRef = localObjectReference(
  'Secret with TLS material: `tls.crt` and `tls.key` (both or none) as client certificate, `ca.crt` as authority.',
);

/** `proxySecretRef`. */
export const proxySecretRef = localObjectReference(
  'Secret with the proxy to use: `address`, and if it asks for them `username` and `password`.',
);

import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';
import { splitApiVersion } from './object-ref.ts';
import { isCrd } from './stage.ts';

/** API groups of the kinds that Kubernetes itself defines (k8s.io/client-go kubernetes/scheme). */
const builtInGroups: ReadonlySet<string> = new Set([
  '',
  'admissionregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]);

/** Whether Flux would carry the object through a Go type, which drops the fields it does not know. */
export function isBuiltIn(object: KubeObject): boolean {
  return builtInGroups.has(splitApiVersion(object.apiVersion).group) && !isRole(object);
}

/**
 * The object as it is applied (fluxcd/pkg ssa/normalize, with what its trip through Go types does to kinds of
 * Kubernetes' own): `stringData` becomes `data`, ports get the protocol that is part of their merge key, nulls are
 * absent, `status` (but for CRDs) and `metadata.creationTimestamp` are dropped, and so is a CRD's unusable
 * `caBundle`, which the API server refuses. Roles stay as they are.
 */
export function normalizeObject(object: KubeObject): KubeObject {
  if (isRole(object)) return object;
  const { creationTimestamp: _created, ...metadata } = object.metadata;
  const { status, ...rest }: KubeObject = { ...object, metadata };
  const kept: KubeObject = isCrd(object) && status !== undefined ? { ...rest, status } : rest;
  if (isCrd(kept)) return withoutBadCaBundle(kept);
  return isBuiltIn(kept) ? normalizeBuiltIn(kept) : kept;
}

/** Role and ClusterRole are left alone upstream (fluxcd/kustomize-controller issue 1041). */
function isRole(object: KubeObject): boolean {
  return (
    object.apiVersion === 'rbac.authorization.k8s.io/v1' && (object.kind === 'Role' || object.kind === 'ClusterRole')
  );
}

function normalizeBuiltIn(object: KubeObject): KubeObject {
  // These hold JSON of others, in which null may mean something.
  if (object.kind === 'ControllerRevision' || object.apiVersion.startsWith('resource.k8s.io/')) return object;
  const clean = withoutNulls(object) as KubeObject;
  switch (object.kind) {
    case 'Pod':
      return update(clean, ['spec'], withPodPorts);
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job':
      return update(clean, ['spec', 'template', 'spec'], withPodPorts);
    case 'CronJob':
      return update(clean, ['spec', 'jobTemplate', 'spec', 'template', 'spec'], withPodPorts);
    case 'Service':
      return update(clean, ['spec'], withProtocols);
    case 'Secret':
      return object.apiVersion === 'v1' ? withoutStringData(clean) : clean;
    default:
      return clean;
  }
}

/** Maps from text to text: Go reads a null in one as the empty text. */
const textMaps: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData', 'labels', 'annotations']);

function withoutNulls(value: unknown, field?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item));
  if (!isRecord(value)) return value;
  const isTextMap = field !== undefined && textMaps.has(field);
  const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    if (member === null) return isTextMap ? [[key, '']] : [];
    return [[key, withoutNulls(member, key)]];
  });
  return Object.fromEntries(members);
}

/** Containers' ports: structured-merge-diff issue 130. */
function withPodPorts(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { containers } = spec;
  if (!Array.isArray(containers)) return spec;
  return {
    ...spec,
    containers: containers.map((container) => (isRecord(container) ? withProtocols(container) : container)),
  };
}

/** Service ports: kubernetes/kubernetes pull request 98576. */
function withProtocols(holder: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { ports } = holder;
  if (!Array.isArray(ports)) return holder;
  const complete = ports.map((port: unknown) =>
    isRecord(port) && (port['protocol'] === undefined || port['protocol'] === '') ? { ...port, protocol: 'TCP' } : port,
  );
  return { ...holder, ports: complete };
}

/** kubernetes/kubernetes issue 108008: what comes as stringData would never be owned, nor removed. */
function withoutStringData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  if (!isRecord(stringData)) return secret;
  const texts = Object.entries(stringData);
  const data = isRecord(rest['data']) ? rest['data'] : {};
  if (!texts.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return secret;
  if (texts.length === 0) return rest;
  const encoded = texts.map(([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')]);
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } };
}

const caBundlePath = ['spec', 'conversion', 'webhook', 'clientConfig'];

/** fluxcd/pkg ssa/utils/cert_validation.go: placeholders such as `Cg==` that cert-manager fills in. */
function withoutBadCaBundle(crd: KubeObject): KubeObject {
  return update(crd, caBundlePath, (config) => {
    const { caBundle, ...rest } = config;
    return typeof caBundle !== 'string' || caBundle === '' || isCaBundle(caBundle) ? config : rest;
  });
}

function isCaBundle(base64: string): boolean {
  const pem = Buffer.from(base64, 'base64').toString('latin1');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.some((block) => {
    try {
      return new X509Certificate(block).raw.length > 0;
    } catch {
      return false;
    }
  });
}

/** The object with `change` done to the record at `path`, or as it is when there is none. */
function update<T extends Readonly<Record<string, unknown>>>(
  object: T,
  path: readonly string[],
  change: (value: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): T {
  const [key, ...rest] = path;
  const value = key === undefined ? undefined : object[key];
  if (key === undefined || !isRecord(value)) return object;
  return { ...object, [key]: rest.length === 0 ? change(value) : update(value, rest, change) };
}

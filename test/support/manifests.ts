/** Objects as one YAML stream; JSON is YAML. */
export function manifest(...objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object, undefined, 1)}\n`).join('---\n');
}

/** What `metadata` of a test's object may hold beside its name. */
export interface Meta {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

export function configMap(name: string, data: Readonly<Record<string, string>> = { key: '1' }, meta: Meta = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...meta }, data };
}

/** For Pods that never become ready on the test's control plane. */
const neverReady = { annotations: { 'sluice.test/never-ready': 'true' } };

/** A Deployment of one container; with `stuck` one whose Pods never become ready. */
export function deployment(name: string, { replicas = 1, stuck = false } = {}) {
  const labels = { app: name };
  const metadata = { labels, ...(stuck ? neverReady : {}) };
  const containers = [{ name: 'web', image: 'example.com/web:1' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata, spec: { containers } } },
  };
}

/** A Job, whose template cannot be changed; with `stuck` one whose Pod never becomes ready. One failed Pod is enough. */
export function job(name: string, { image = 'example.com/task:1', stuck = false, meta = {} as Meta } = {}) {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'task', image }] };
  const template = stuck ? { metadata: neverReady, spec } : { spec };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, ...meta }, spec: { backoffLimit: 0, template } };
}

/** A CustomResourceDefinition of a namespaced kind whose spec is open. */
export function definition(group: string, kind: string) {
  const plural = `${kind.toLowerCase()}s`;
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase() },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

import { packedChart, type TestChart } from './chart-repository.ts';

const labelled = (kind: string, apiVersion: string, name: string, more: string): string => `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  labels: {app.kubernetes.io/instance: "{{ .Release.Name }}"}
${more}`;

const hook = (events: string, policy: string): string => `  annotations:
    helm.sh/hook: ${events}
    helm.sh/hook-delete-policy: ${policy}
`;

/** A Job whose Pod ends well in the test control plane. */
const job = (image: string): string => `spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "${image}"}]
`;

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: orders.shop.example.com
spec:
  group: shop.example.com
  names: {kind: Order, plural: orders}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

const schema = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { replicas: { type: 'integer', minimum: 0 }, color: { type: 'string' } },
});

/**
 * A chart with everything that charts have: a definition, hooks, a dependency, a Job, a test, a schema. With the value
 * `stuck` its Deployment never becomes ready.
 */
export function shopChart(version: string): TestChart {
  const cache = packedChart({
    name: 'cache',
    version: '0.1.0',
    files: {
      'values.yaml': 'size: 1\n',
      'templates/cm.yaml': labelled(
        'ConfigMap',
        'v1',
        '{{ .Release.Name }}-cache',
        'data: {size: "{{ .Values.size }}"}\n',
      ),
    },
  });
  return {
    name: 'shop',
    version,
    meta: { appVersion: '7', dependencies: [{ name: 'cache', version: '0.1.0', condition: 'cache.enabled' }] },
    files: {
      'values.yaml': 'color: red\nreplicas: 1\nmigrate: false\nstuck: false\ncache: {enabled: true}\n',
      'values.schema.json': schema,
      'crds/order.yaml': definition,
      'charts/cache-0.1.0.tgz': cache,
      'templates/cm.yaml': labelled(
        'ConfigMap',
        'v1',
        '{{ .Release.Name }}',
        'data:\n  color: {{ .Values.color | quote }}\n  version: {{ .Chart.Version | quote }}\n  revision: "{{ .Release.Revision }}"\n',
      ),
      'templates/order.yaml': `{{ if .Capabilities.APIVersions.Has "shop.example.com/v1/Order" }}${labelled('Order', 'shop.example.com/v1', '{{ .Release.Name }}', 'spec: {size: 1}\n')}{{ end }}`,
      'templates/web.yaml': labelled(
        'Deployment',
        'apps/v1',
        '{{ .Release.Name }}',
        `spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata:
      labels: {app: "{{ .Release.Name }}"}
      {{- if .Values.stuck }}
      annotations: {sluice.test/never-ready: "true"}
      {{- end }}
    spec:
      containers: [{name: web, image: "example.com/web:{{ .Chart.AppVersion }}"}]
`,
      ),
      'templates/migrate.yaml': `{{ if .Values.migrate }}${labelled('Job', 'batch/v1', '{{ .Release.Name }}-migrate', hook('pre-install,pre-upgrade', 'before-hook-creation,hook-succeeded') + job('example.com/migrate:1'))}{{ end }}`,
      'templates/test.yaml': labelled(
        'Job',
        'batch/v1',
        '{{ .Release.Name }}-check',
        hook('test', 'before-hook-creation') + job('example.com/check:1'),
      ),
      'templates/NOTES.txt': 'Sold by {{ .Release.Name }}.\n',
    },
  };
}

/** The five objects that each Kustomization of the benchmarks applies; `release` is in two of them. */
export function appFiles(name: string, release: string): Readonly<Record<string, string>> {
  const labels = `{app.kubernetes.io/name: ${name}}`;
  const object = (kind: string, apiVersion: string, body: string): string =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, labels: ${labels}}\n${body}`;
  return {
    'serviceaccount.yaml': object('ServiceAccount', 'v1', ''),
    'configmap.yaml': object('ConfigMap', 'v1', `data: {release: "${release}", motd: hello}\n`),
    'service.yaml': object('Service', 'v1', `spec: {ports: [{name: http, port: 80}], selector: ${labels}}\n`),
    'deployment.yaml': object(
      'Deployment',
      'apps/v1',
      `spec:
  replicas: 0
  selector: {matchLabels: ${labels}}
  template:
    metadata: {labels: ${labels}, annotations: {release: "${release}"}}
    spec: {containers: [{name: app, image: registry.invalid/app:1.0.0}]}
`,
    ),
    'ingress.yaml': object(
      'Ingress',
      'networking.k8s.io/v1',
      `spec:
  rules:
    - host: ${name}.local
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${name}, port: {number: 80}}}}]}
`,
    ),
  };
}

/** {@link appFiles} below a directory. */
export function appAt(dir: string, name: string, release: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(appFiles(name, release)).map(([file, text]) => [`${dir}/${file}`, text]));
}

/** The kinds of one application, as people write them. */
const manifests: Readonly<Record<string, (name: string) => string>> = {
  deployment: (name) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app: ${name}
    tier: backend
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
        tier: backend
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: ${name}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65534
      containers:
      - name: server
        image: example.org/team/server:v1.2.3
        args:
        - --listen=:8080
        - --log-level=info
        ports:
        - name: http
          containerPort: 8080
        - name: metrics
          containerPort: 9090
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: LEVEL
          valueFrom:
            configMapKeyRef:
              name: ${name}-settings
              key: level
        - name: GOMAXPROCS
          value: "2"
        envFrom:
        - configMapRef:
            name: ${name}-settings
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
          limits:
            memory: 256Mi
        readinessProbe:
          httpGet:
            path: /ready
            port: http
          periodSeconds: 5
        volumeMounts:
        - name: settings
          mountPath: /etc/settings
      - name: proxy
        image: example.org/team/proxy:v0.9.0
        ports:
        - name: proxy
          containerPort: 8443
      volumes:
      - name: settings
        configMap:
          name: ${name}-settings
`,
  service: (name) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  selector:
    app: ${name}
  ports:
  - name: http
    port: 80
    targetPort: http
  - name: metrics
    port: 9090
    targetPort: metrics
`,
  settings: (name) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}-settings
  labels:
    app: ${name}
data:
  level: info
  timeout: 30s
  settings.yaml: |
    listen: ":8080"
    upstream: http://${name}.example.org
    retries: 3
`,
  account: (name) => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  labels:
    app: ${name}
`,
};

const overlay = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: production
namePrefix: prod-
resources:
- ../base
labels:
- pairs:
    environment: production
    team: platform
  includeSelectors: true
images:
- name: example.org/team/server
  newTag: v1.3.0
- name: example.org/team/proxy
  newName: mirror.example.org/proxy
  digest: sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3
patches:
- path: replicas.yaml
- target:
    kind: Deployment
    name: app-1
  patch: |
    - op: add
      path: /spec/template/spec/containers/0/args/-
      value: --trace
    - op: replace
      path: /spec/replicas
      value: 5
configMapGenerator:
- name: features
  literals:
  - search=on
  - billing=off
`;

const patch = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-0
spec:
  replicas: 4
  template:
    spec:
      containers:
      - name: server
        resources:
          limits:
            memory: 512Mi
        env:
        - name: EXTRA
          value: "1"
`;

/**
 * The files of a base of so many objects, each in a file, and of an overlay: namespace, prefix, labels, images, a
 * strategic merge patch, a JSON patch and a generated ConfigMap.
 */
export function overlayOf(objects: number): Record<string, string> {
  const files: Record<string, string> = { 'overlay/kustomization.yaml': overlay, 'overlay/replicas.yaml': patch };
  const kinds = Object.entries(manifests);
  const names: string[] = [];
  for (let i = 0; i < objects; i++) {
    const [kind, manifest] = kinds[i % kinds.length] ?? [];
    const app = `app-${Math.floor(i / kinds.length)}`;
    const name = `${app}-${kind}.yaml`;
    names.push(name);
    files[`base/${name}`] = manifest?.(app) ?? '';
  }
  const resources = names.map((name) => `- ${name}\n`).join('');
  files['base/kustomization.yaml'] =
    `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${resources}`;
  return files;
}

/** What a merge has to get right: `.Values.next` says which of two shapes the objects have. */
export const shapes = {
  'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion: "9"\n',
  'values.yaml': 'next: false\n',
  'templates/d.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {both: "1"{{ if .Values.next }}, new: "1"{{ else }}, old: "1"{{ end }}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
{{- if .Values.next }}
  strategy: {type: Recreate}
{{- end }}
  template:
    metadata: {labels: {app: web}}
    spec:
      {{- if not .Values.next }}
      initContainers: [{name: init, image: "example.com/init:1"}]
      nodeSelector: {disk: ssd}
      {{- end }}
      tolerations:
      - {key: a, operator: Exists}
      {{- if .Values.next }}
      - {key: b, operator: Exists}
      {{- end }}
      containers:
      {{- if .Values.next }}
      - {name: added, image: "example.com/added:1"}
      {{- end }}
      - name: web
        image: "example.com/web:{{ if .Values.next }}2{{ else }}1{{ end }}"
        args: {{ if .Values.next }}["c"]{{ else }}["a", "b"]{{ end }}
        env:
        - {name: KEPT, value: "1"}
        - {name: CHANGED, value: "{{ .Values.next }}"}
        {{- if .Values.next }}
        - {name: NEW, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        {{- else }}
        - {name: OLD, value: "1"}
        {{- end }}
        ports:
        - {name: http, containerPort: 80}
        {{- if .Values.next }}
        - {name: dns, containerPort: 53, protocol: UDP}
        {{- else }}
        - {name: admin, containerPort: 81}
        {{- end }}
        volumeMounts: [{name: data, mountPath: /data}]
        resources: {requests: {cpu: {{ if .Values.next }}1000m{{ else }}500m{{ end }}}}
      volumes:
      - name: data
        {{- if .Values.next }}
        configMap: {name: settings}
        {{- else }}
        emptyDir: {}
        {{- end }}
`,
  'templates/s.yaml': `apiVersion: v1
kind: Service
metadata: {name: web{{ if not .Values.next }}, annotations: {old: "1"}{{ end }}}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: {{ if .Values.next }}8080{{ else }}http{{ end }}}
  {{- if .Values.next }}
  - {name: dns, port: 53, protocol: UDP}
  {{- else }}
  - {name: admin, port: 81}
  {{- end }}
`,
  'templates/more.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {both: "1", {{ if .Values.next }}new: "1"{{ else }}old: "1"{{ end }}}
---
apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData: {text: "{{ .Values.next }}"}
data: {bytes: {{ .Values.next | toString | b64enc }}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: account}
imagePullSecrets: [{name: a}{{ if .Values.next }}, {name: b}{{ end }}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: {{ if .Values.next }}b{{ else }}a{{ end }}.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: role}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get{{ if .Values.next }}, list{{ end }}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  {{ if .Values.next }}minAvailable: 1{{ else }}maxUnavailable: 1{{ end }}
  selector: {matchLabels: {app: web}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: {{ if .Values.next }}3{{ else }}2{{ end }}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`,
};

/** What others do to the objects between two revisions. */
export const edits: readonly (readonly [kind: string, name: string, patch: object])[] = [
  [
    'Deployment',
    'web',
    { spec: { replicas: 3, template: { spec: { containers: [{ name: 'injected', image: 'example.com/i:1' }] } } } },
  ],
  [
    'Deployment',
    'web',
    {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'web',
                env: [
                  { name: 'FOREIGN', value: '1' },
                  { name: 'KEPT', value: 'edited' },
                ],
              },
            ],
          },
        },
      },
    },
  ],
  ['Service', 'web', { metadata: { labels: { foreign: '1' } }, spec: { ports: [{ name: 'foreign', port: 99 }] } }],
  ['ConfigMap', 'settings', { data: { both: 'edited', foreign: '1' } }],
  ['ServiceAccount', 'account', { imagePullSecrets: [{ name: 'foreign' }] }],
];

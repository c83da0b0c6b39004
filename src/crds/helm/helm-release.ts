import { dependency, healthCheckExpr, ignoreRule, image, kubeConfig, patch } from '../meta/applier-fields.ts';
import { commonMetadata, duration, suspend } from '../meta/fields.ts';
import { HELM_GROUP } from '../meta/names.ts';
import { anything, array, boolean, integer, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';
import { install, rollback, test, uninstall, upgrade } from './actions.ts';
import { chartRef, chartTemplate } from './chart-template.ts';
import { helmReleaseStatus } from './status.ts';

const driftDetection = object('What to do about changes that others make to the objects.', {
  ignore: array('Fields that others may change. The path `""` means the whole object.', ignoreRule),
  mode: string('Undo changes, tell of them, or do nothing (`disabled`, the default).', {
    enum: ['enabled', 'warn', 'disabled'],
  }),
});

const postRenderer = object('A change to what the chart renders.', {
  kustomize: object('The change, as kustomize makes it.', {
    images: array('Other names, tags or digests for images.', image),
    patches: array('Changes to objects.', patch),
  }),
});

const valuesReference = object('A ConfigMap or Secret with values.', {
  kind: required(string('Which of the two it is.', { enum: ['Secret', 'ConfigMap'] })),
  literal: boolean('With `targetPath`: whether the value is taken as it is, and not read as `--set` reads it.'),
  name: required(string('Name of the object, in the same namespace.', { minLength: 1, maxLength: 253 })),
  optional: boolean('Whether it may be missing.'),
  targetPath: string('Where the value goes, as in `--set`. Without it, the entry is YAML that is merged in.', {
    pattern: '^([a-zA-Z0-9_\\-.\\\\\\/]|\\[[0-9]{1,5}\\])+$',
    maxLength: 250,
  }),
  valuesKey: string('The entry that has the values. Default: `values.yaml`.', {
    pattern: '^[\\-._a-zA-Z0-9]+$',
    maxLength: 253,
  }),
});

const namespace = (description: string) => string(description, { minLength: 1, maxLength: 63 });

const spec = object(
  'Which chart to release, with which values, and how.',
  {
    chart: chartTemplate,
    chartRef,
    commonMetadata,
    dependsOn: array('HelmReleases that must be ready first. A circle of them never becomes ready.', dependency),
    driftDetection,
    healthCheckExprs: array('How the health of custom resources is told.', healthCheckExpr),
    install,
    interval: required(duration('How often to look whether the release is as it should be.')),
    kubeConfig,
    maxHistory: integer('How many releases Helm keeps. Default: 5; 0 keeps all.'),
    persistentClient: boolean('Whether one client serves a whole action. Default: true.'),
    postRenderStrategy: string(
      'What happens to hooks: they are not post-rendered, together with the rest (`combined`, the default), or on their own.',
      { enum: ['nohooks', 'combined', 'separate'] },
    ),
    postRenderers: array('Changes to what the chart renders, in this order.', postRenderer),
    releaseName: string(
      'Name of the release. Default: the target namespace, if one is given, and the name of this object, shortened to 53 characters.',
      { minLength: 1, maxLength: 53 },
    ),
    rollback,
    serviceAccountName: string('ServiceAccount as which to act.', { minLength: 1, maxLength: 253 }),
    storageNamespace: namespace('Namespace in which Helm keeps the history. Default: that of this object.'),
    suspend,
    targetNamespace: namespace('Namespace of the release. Default: that of this object.'),
    test,
    timeout: duration('Limit for each operation on an object. Default: five minutes.'),
    uninstall,
    upgrade,
    values: anything('Values for the chart.'),
    valuesFrom: array(
      'ConfigMaps and Secrets with values. Later ones win, and `values` over all of them.',
      valuesReference,
    ),
    waitStrategy: object('How it is told that objects are healthy.', {
      name: required(
        string('By their conditions (`poller`, the default), or as Helm 3 did (`legacy`).', {
          enum: ['poller', 'legacy'],
        }),
      ),
    }),
  },
  {
    rules: [
      {
        rule: '(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))',
        message: 'either chart or chartRef must be set',
      },
    ],
  },
);

/** A Helm chart, kept released. */
export const helmReleaseKind = defineKind({
  group: HELM_GROUP,
  version: 'v2',
  kind: 'HelmRelease',
  plural: 'helmreleases',
  shortNames: ['hr'],
  category: 'fluxcd-appliers',
  description: 'A Helm chart, kept released.',
  columns: [columns.age, columns.ready, columns.status],
  spec,
  status: helmReleaseStatus,
});

/** A HelmRelease as the API server serves it. @public */
export type HelmRelease = ObjectOf<typeof helmReleaseKind>;

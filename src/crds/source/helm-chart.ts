import { duration, statusDefault, suspend, text } from '../meta/fields.ts';
import { SOURCE_GROUP } from '../meta/names.ts';
import { array, boolean, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';
import { matchOIDCIdentity, verifyProvider, verifySecretRef } from './signature.ts';
import { latestUrl, sourceStatus } from './status.ts';

const spec = object(
  'Which chart to take from where.',
  {
    chart: required(string('Name of the chart in a HelmRepository, or path of its directory in another source.')),
    ignoreMissingValuesFiles: boolean('Whether files of `valuesFiles` may be missing.'),
    interval: required(duration('How often to look for a new version.')),
    reconcileStrategy: string(
      'What makes a new artifact: another version of the chart, or each revision of the source, which is then added to the version.',
      { enum: ['ChartVersion', 'Revision'], default: 'ChartVersion' },
    ),
    sourceRef: required(
      object('The source that has the chart, in the same namespace.', {
        apiVersion: string('Group and version of the source.'),
        kind: required(string('Kind of the source.', { enum: ['HelmRepository', 'GitRepository', 'Bucket'] })),
        name: required(string('Name of the source.')),
      }),
    ),
    suspend,
    valuesFiles: array('Files in the chart or source that are merged into its values.yaml. Later ones win.', text),
    verify: object(
      'Signatures that the chart must carry. Only for charts of a HelmRepository of type oci. Without it, none are checked.',
      { matchOIDCIdentity, provider: verifyProvider, secretRef: verifySecretRef },
    ),
    version: string('Version, or range of versions. Without effect for charts of a GitRepository or Bucket.', {
      default: '*',
    }),
  },
  {
    rules: [
      {
        rule: "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
        message: "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
      },
    ],
  },
);

const status = object(
  'What was packed last.',
  {
    ...sourceStatus,
    observedChartName: string('The name that the chart gives itself.'),
    observedSourceArtifactRevision: string('The revision of the source that the chart was taken from.'),
    observedValuesFiles: array('The values files that were merged in.', text),
    url: latestUrl,
  },
  statusDefault,
);

/** A chart, taken from a repository or packed from a directory. */
export const helmChartKind = defineKind({
  group: SOURCE_GROUP,
  version: 'v1',
  kind: 'HelmChart',
  plural: 'helmcharts',
  shortNames: ['hc'],
  category: 'fluxcd-sources',
  description: 'A chart, taken from a repository or packed from a directory.',
  columns: [
    columns.at('Chart', '.spec.chart'),
    columns.at('Version', '.spec.version'),
    columns.at('Source Kind', '.spec.sourceRef.kind'),
    columns.at('Source Name', '.spec.sourceRef.name'),
    columns.age,
    columns.ready,
    columns.status,
  ],
  spec,
  status,
});

/** A HelmChart as the API server serves it. @public */
export type HelmChart = ObjectOf<typeof helmChartKind>;

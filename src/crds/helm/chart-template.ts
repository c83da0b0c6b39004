import { commonMetadata, duration, text } from '../meta/fields.ts';
import { array, boolean, object, string } from '../schema/builders.ts';
import { describe, required } from '../schema/schema.ts';
import { verifyProvider, verifySecretRef } from '../source/signature.ts';

const name = (description: string) => string(description, { minLength: 1, maxLength: 253 });
const namespace = (description: string) => string(description, { minLength: 1, maxLength: 63 });

const chartSpec = object('The spec of the HelmChart.', {
  chart: required(
    string('Name of the chart in a HelmRepository, or path of its directory in another source.', {
      minLength: 1,
      maxLength: 2048,
    }),
  ),
  ignoreMissingValuesFiles: boolean('Whether files of `valuesFiles` may be missing.'),
  interval: duration('How often to look for a new version. Default: `spec.interval`.'),
  reconcileStrategy: string(
    'What makes a new artifact: another version of the chart, or each revision of the source.',
    { enum: ['ChartVersion', 'Revision'], default: 'ChartVersion' },
  ),
  sourceRef: required(
    object('The source that has the chart.', {
      apiVersion: string('Group and version of the source.'),
      kind: required(string('Kind of the source.', { enum: ['HelmRepository', 'GitRepository', 'Bucket'] })),
      name: required(name('Name of the source.')),
      namespace: namespace('Namespace of the source, where the HelmChart is put too. Default: that of this object.'),
    }),
  ),
  valuesFiles: array('Files in the chart or source that are merged into its values.yaml. Later ones win.', text),
  verify: object('Signatures that the chart must carry. Only for charts of a HelmRepository of type oci.', {
    provider: verifyProvider,
    secretRef: verifySecretRef,
  }),
  version: string('Version, or range of versions. Without effect for charts of a GitRepository or Bucket.', {
    default: '*',
  }),
});

/** `spec.chart`: a HelmChart that is made for the release. */
export const chartTemplate = object('The chart, as a HelmChart that is made and kept for this release.', {
  metadata: describe(commonMetadata, 'Labels and annotations for the HelmChart.'),
  spec: required(chartSpec),
});

/** `spec.chartRef`: a chart that is there already. */
export const chartRef = object('The chart, as an object that is there already.', {
  apiVersion: string('Group and version of the object.'),
  kind: required(
    string('Kind of the object. ExternalArtifact needs the feature gate of that name.', {
      enum: ['OCIRepository', 'HelmChart', 'ExternalArtifact'],
    }),
  ),
  name: required(name('Name of the object.')),
  namespace: namespace('Namespace of the object. Default: that of this object.'),
});

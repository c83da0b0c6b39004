import { array, object, string } from '../schema/builders.ts';
import { required } from '../schema/schema.ts';
import { localObjectReference, text } from './fields.ts';

/** The kustomize selector: what is given must all match. */
export const selector = object(
  'Which objects are meant. All parts that are given must match; group, version, kind, name and namespace are regular expressions on the whole text.',
  {
    annotationSelector: string('Selector on annotations, in the syntax of label selectors.'),
    group: string('API group.'),
    kind: string('Kind.'),
    labelSelector: string('Selector on labels.'),
    name: string('Name.'),
    namespace: string('Namespace.'),
    version: string('API version.'),
  },
);

/** `kustomize.Patch`. */
export const patch = object('A change to produced objects.', {
  patch: required(string('A strategic merge patch, or a list of JSON 6902 operations, as YAML or JSON.')),
  target: selector,
});

/** `kustomize.Image`. */
export const image = object('Another name, tag or digest for an image.', {
  digest: string('Digest to use instead of the tag.'),
  name: required(string('The image to change, without tag.')),
  newName: string('Name to use instead.'),
  newTag: string('Tag to use instead.'),
});

/** Fields of produced objects that other writers may change. */
export const ignoreRule = object('Fields that are not corrected when they differ.', {
  paths: required(array('JSON pointers (RFC 6901) to the fields.', text)),
  target: selector,
});

/** `kustomize.CustomHealthCheck`: health of a kind that has none of the usual conditions. */
export const healthCheckExpr = object('How the health of one kind is told, by CEL over the object.', {
  apiVersion: required(string('Group and version of the objects.')),
  current: required(string('True when the object is healthy.')),
  failed: string('True when the object has failed.'),
  inProgress: string('True while the object is on its way.'),
  kind: string('Kind of the objects. Empty: all of the group and version.'),
});

/** `meta.DependencyReference`: another object of the same kind that comes first. */
export const dependency = object('An object of the same kind that must be ready first.', {
  name: required(string('Name of the object.')),
  namespace: string('Namespace of the object. Default: that of this object.'),
  readyExpr: string(
    'CEL over `self` and `dep` that tells whether `dep` is ready. Replaces the built-in check, or adds to it where the feature gate AdditiveCELDependencyCheck is on.',
  ),
});

const exactlyOne = 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified';

/** `meta.KubeConfigReference`: a cluster other than the controller's own. */
export const kubeConfig = object(
  'The cluster to apply to. Default: the one that this object is in.',
  {
    configMapRef: localObjectReference(
      'ConfigMap that says how to reach the cluster by workload identity: `provider` (`aws`, `azure`, `gcp` or `generic`), and as that needs `cluster`, `address`, `ca.crt`, `audiences`, `serviceAccountName`.',
    ),
    secretRef: object('Secret with a kubeconfig that needs nothing but itself.', {
      key: string('Key of the kubeconfig in the Secret. Default: `value`, then `value.yaml`.'),
      name: required(string('Name of the Secret.')),
    }),
  },
  {
    rules: [
      { rule: 'has(self.configMapRef) || has(self.secretRef)', message: exactlyOne },
      { rule: '!has(self.configMapRef) || !has(self.secretRef)', message: exactlyOne },
    ],
  },
);

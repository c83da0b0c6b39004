import { helmReleaseKind } from './helm/helm-release.ts';
import { imagePolicyKind } from './image/image-policy.ts';
import { imageRepositoryKind } from './image/image-repository.ts';
import { imageUpdateAutomationKind } from './image/image-update-automation.ts';
import { kustomizationKind } from './kustomize/kustomization.ts';
import { alertKind } from './notification/alert.ts';
import { providerKind } from './notification/provider.ts';
import { receiverKind } from './notification/receiver.ts';
import type { Kind } from './schema/kind.ts';
import { artifactGeneratorKind } from './source/artifact-generator.ts';
import { bucketKind } from './source/bucket.ts';
import { externalArtifactKind } from './source/external-artifact.ts';
import { gitRepositoryKind } from './source/git-repository.ts';
import { helmChartKind } from './source/helm-chart.ts';
import { helmRepositoryKind } from './source/helm-repository.ts';
import { ociRepositoryKind } from './source/oci-repository.ts';

/** Every kind of the API. */
export const allKinds: readonly Kind[] = [
  gitRepositoryKind,
  ociRepositoryKind,
  helmRepositoryKind,
  helmChartKind,
  bucketKind,
  externalArtifactKind,
  artifactGeneratorKind,
  kustomizationKind,
  helmReleaseKind,
  providerKind,
  alertKind,
  receiverKind,
  imageRepositoryKind,
  imagePolicyKind,
  imageUpdateAutomationKind,
];

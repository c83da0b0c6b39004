import type { Receiver } from '../../../../crds/notification/receiver.ts';
import type { ReceiverType } from '../webhook-call.ts';
import { acr } from './acr.ts';
import { bitbucket } from './bitbucket.ts';
import { cdevents } from './cdevents.ts';
import { dockerhub } from './dockerhub.ts';
import { gcr } from './gcr.ts';
import { generic } from './generic.ts';
import { genericHmac } from './generic-hmac.ts';
import { genericOidc } from './generic-oidc.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { harbor } from './harbor.ts';
import { nexus } from './nexus.ts';
import { quay } from './quay.ts';

/** What each `spec.type` means. A type of the definition without one does not compile. */
export const receiverTypes: Readonly<Record<Receiver['spec']['type'], ReceiverType>> = {
  generic,
  'generic-hmac': genericHmac,
  'generic-oidc': genericOidc,
  github,
  gitlab,
  bitbucket,
  harbor,
  dockerhub,
  quay,
  gcr,
  nexus,
  acr,
  cdevents,
};

import { localObjectReference } from '../meta/fields.ts';
import { array, object, string } from '../schema/builders.ts';
import { required } from '../schema/schema.ts';

/** `OCIRepositoryVerification.provider`. */
export const verifyProvider = required(
  string('The tool whose signatures are checked.', { enum: ['cosign', 'notation'], default: 'cosign' }),
);

/** `verify.secretRef` of OCI artifacts and charts. */
export const verifySecretRef = localObjectReference(
  'Secret with what is trusted. cosign: public keys in `*.pub` entries. notation: `trustpolicy.json` and certificates of authorities. Without it cosign checks without keys.',
);

/** `verify.matchOIDCIdentity`: who may have signed without keys. */
export const matchOIDCIdentity = array(
  'Who may have signed, when cosign checks without keys. One of them must match.',
  object('An identity, as the certificate of the signature names it.', {
    issuer: required(string('Regular expression for the issuer.')),
    subject: required(string('Regular expression for the subject.')),
  }),
);

import { AuthError } from '../auth-error.ts';

/** Regions as AWS names them: `us-east-1`, `us-gov-west-1`, `us-iso-east-1`, `eusc-de-east-1`. Nothing else is put into a host name. */
const pattern = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** The DNS suffixes of the partitions that are not AWS' own, by what their regions begin with. */
const suffixes: readonly (readonly [prefix: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['eusc-', 'amazonaws.eu'],
];

/** `https://<service>.<region>.<suffix>`. Throws AuthError for what is no region. */
export function awsEndpoint(service: 'sts' | 'kms' | 'eks' | 'api.ecr' | 'api.ecr-public', region: string): string {
  if (!pattern.test(region)) throw new AuthError(`${JSON.stringify(region)} is not a region of AWS`);
  const [, suffix] = suffixes.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'amazonaws.com'];
  return `https://${service}.${region}.${suffix}`;
}

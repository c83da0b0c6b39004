import { AuthError } from '../auth-error.ts';
import type { Provider, ServiceAccount } from '../provider.ts';
import type { AwsCredentials } from '../token.ts';
import { type AwsDeps, defaultCredentials } from './default-credentials.ts';
import { assumeRoleWithWebIdentity } from './sts.ts';

const annotation = 'eks.amazonaws.com/role-arn';
const rolePattern = /^arn:aws[\w-]*:iam::[0-9]{1,30}:role\/.{1,200}$/;

/** AWS: credentials of the machine, or of the role that a ServiceAccount names (fluxcd/pkg auth/aws/provider.go). */
export function awsProvider(deps: AwsDeps): Provider<AwsCredentials> {
  return {
    name: 'aws',
    audiencesOf: async () => ['sts.amazonaws.com'],
    identityOf: roleOf,
    async controllerToken(scope, signal) {
      const region = scope.region ?? deps.environment.variables['AWS_REGION'];
      if (region === undefined || region === '') throw new AuthError(noRegion);
      return defaultCredentials(deps, region, signal);
    },
    async accountToken(oidcToken, account, { region }, signal) {
      if (region === undefined) {
        throw new AuthError(
          'an AWS region is required for authenticating with a service account. please configure one in the object spec',
        );
      }
      // The longest name that STS takes.
      const sessionName = `${account.name}.${account.namespace}.${region}.fluxcd.io`.slice(0, 64);
      const role = { region, roleArn: roleOf(account), sessionName, signal };
      return assumeRoleWithWebIdentity(deps, role, oidcToken);
    },
  };
}

const noRegion =
  'AWS_REGION environment variable is not set in the Flux controller. if you have properly configured IAM Roles for Service Accounts (IRSA) or EKS Pod Identity, please delete/replace the controller pod so the EKS admission controllers can inject this environment variable, or set it manually if the cluster is not EKS';

function roleOf({ annotations }: ServiceAccount): string {
  const arn = annotations[annotation] ?? '';
  if (rolePattern.test(arn)) return arn;
  throw new AuthError(`invalid ${annotation} annotation: '${arn}'. must match ${rolePattern.source}`);
}

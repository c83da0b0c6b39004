import type { Reason } from '../../../crds/meta/reasons.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { SourceGates } from '../flags.ts';

/**
 * Throws a stalled fault when the object asks for what this release cannot do. Nothing of it is ever ignored: an
 * artifact whose signature was not checked, or a repository read as somebody else, would be worse than none.
 */
export function refuseUnsupported({ spec }: GitRepository, gates: SourceGates): void {
  if (spec.verify !== undefined) {
    throw unsupported(
      'VerificationError',
      'spec.verify is not supported yet: signatures cannot be checked, and nothing is fetched unchecked; remove spec.verify to fetch without',
    );
  }
  if (spec.url.startsWith('ssh://')) {
    throw unsupported(
      'UnsupportedConnectionType',
      'spec.url with the scheme ssh is not supported yet: expected http or https',
    );
  }
  if (isSet(spec.serviceAccountName) && !gates.ObjectLevelWorkloadIdentity) {
    throw unsupported(
      'FeatureGateDisabled',
      'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    );
  }
  if (spec.provider === 'aws' || spec.provider === 'azure') {
    throw unsupported(
      'InvalidProviderConfiguration',
      `spec.provider ${spec.provider} is not supported yet: expected generic, with credentials in spec.secretRef`,
    );
  }
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}

/** The fault for a GitHub App, which only the Secret shows. */
export function githubAppUnsupported(): Fault {
  return unsupported(
    'InvalidProviderConfiguration',
    'spec.provider github is not supported yet: expected generic, with a token in spec.secretRef',
  );
}

function unsupported(reason: Reason, message: string): Fault {
  return new Fault('stalled', reason, message, { condition: 'FetchFailed' });
}

import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Client } from '../../../kube/client.ts';
import { impersonateServiceAccount } from '../../../kube/impersonate.ts';

/** The account that the Kustomization's objects are written as: undefined for the controller's own. */
export function serviceAccountOf(object: Kustomization, defaultServiceAccount: string): string | undefined {
  const name = object.spec.serviceAccountName || defaultServiceAccount;
  return name === '' ? undefined : name;
}

/** The client that builds nothing but reads and writes the Kustomization's objects, as the account it asks for. */
export function clientFor(object: Kustomization, client: Client, defaultServiceAccount: string): Client {
  const name = serviceAccountOf(object, defaultServiceAccount);
  return name === undefined ? client : client.impersonate(impersonateServiceAccount(object.metadata.namespace, name));
}

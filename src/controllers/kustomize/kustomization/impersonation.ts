import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Client } from '../../../kube/client.ts';
import { impersonateServiceAccount } from '../../../kube/impersonate.ts';

/** Clients that act as the accounts which Kustomizations ask for; one per account, so that watches are shared. */
export class Impersonator {
  readonly #own: Client;
  readonly #defaultServiceAccount: string;
  readonly #clients = new Map<string, Client>();

  /** `defaultServiceAccount` is `--default-service-account`; empty for none. */
  constructor(own: Client, defaultServiceAccount: string) {
    this.#own = own;
    this.#defaultServiceAccount = defaultServiceAccount;
  }

  /** The account that the Kustomization's objects are written as: undefined for the controller's own. */
  accountOf(object: Kustomization): string | undefined {
    const name = object.spec.serviceAccountName || this.#defaultServiceAccount;
    return name === '' ? undefined : name;
  }

  /** The client that reads and writes the Kustomization's objects. */
  clientFor(object: Kustomization): Client {
    const name = this.accountOf(object);
    if (name === undefined) return this.#own;
    const { namespace } = object.metadata;
    return this.#clients.getOrInsertComputed(`${namespace}/${name}`, () =>
      this.#own.impersonate(impersonateServiceAccount(namespace, name)),
    );
  }
}

import type { Client } from '../client.ts';
import { impersonateServiceAccount } from '../impersonate.ts';

/** Users choose the names of accounts: when there are this many, those that are still wanted are made again. */
const maxViews = 10_000;

/** One client for each account, so that those who act as the same one share its watches. */
export class AccountViews {
  readonly #client: Client;
  readonly #views = new Map<string, Client>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The client as a ServiceAccount. */
  as(namespace: string, name: string): Client {
    if (this.#views.size >= maxViews) this.#views.clear();
    return this.#views.getOrInsertComputed(`${namespace}/${name}`, () =>
      this.#client.impersonate(impersonateServiceAccount(namespace, name)),
    );
  }
}

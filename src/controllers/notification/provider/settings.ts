import type { InvolvedObject } from '../../../auth/token-cache.ts';
import type { Provider } from '../../../crds/notification/provider.ts';
import type { SecretData } from '../../../kube/secret.ts';
import type { HttpProxy, HttpTls } from '../../../net/http-agents.ts';
import type { Thread } from './thread.ts';

/** The types of Provider that there are. */
export type ProviderType = Provider['spec']['type'];

/** An Alert, as far as what is sent tells of it. */
export interface AlertRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What a Provider object and its Secrets come to. Texts are '' when nothing says them. */
export interface ProviderSettings {
  readonly type: ProviderType;
  /** The Provider itself. */
  readonly provider: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly address: string;
  readonly channel: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Entries of the Secret, for types that have some of their own; empty without a Secret. */
  readonly secretData: SecretData;
  readonly tls?: HttpTls;
  readonly proxy?: HttpProxy;
  readonly serviceAccountName: string;
  /** Limit for delivering one event, `spec.timeout`. */
  readonly timeoutMs: number;
}

/** What differs from one delivery by the same Provider to the next. */
export interface Delivery {
  readonly alert: AlertRef;
  /** Id of the commit status, for types that set one (see commit-status-id.ts); '' for all others. */
  readonly commitStatus: string;
  /** Where the message belongs, for an Alert that asks for threads; types that have none pass it over. */
  readonly thread?: Thread;
}

/** A Provider as the metrics of tokens count it. */
export function involvedOf({ provider: { namespace, name } }: ProviderSettings): InvolvedObject {
  return { kind: 'Provider', namespace, name, operation: 'post' };
}

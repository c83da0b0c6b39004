import { createHash } from 'node:crypto';
import type { Kustomization } from '../../crds/kustomize/kustomization.ts';
import type { Client } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject, ObjectKey } from '../../kube/object.ts';
import { secretType } from '../../kube/secret.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import type { KeySources } from '../../sops/key-source.ts';
import { ageKeySource, parseAgeIdentities } from '../../sops/keys/age.ts';
import { parsePgpKeys, pgpKeySource } from '../../sops/keys/pgp.ts';
import type { SecretKey } from '../../sops/pgp/secret-key.ts';
import type { KeyServices } from './key-services.ts';

/** What the process knows of decryption. */
export interface DecryptionOptions {
  /** `--sops-age-secret`, in the controller's own namespace; undefined when there is none. */
  readonly ageSecret: Required<ObjectKey> | undefined;
  /** Feature gate ObjectLevelWorkloadIdentity. */
  readonly objectLevelIdentity: boolean;
  /** Vault and the key services of clouds; undefined where none may be asked. */
  readonly services?: Pick<KeyServices, 'sources'>;
}

/** With what an object's files are decrypted. */
export interface DecryptionKeys {
  /** Tells keys apart: they are an input of the build. */
  readonly digest: string;
  /** Throws an Error that names the Secret and the key of it that is malformed, without its value. */
  sources(): KeySources;
}

/** Who decrypts, and what its spec says of it. */
export interface DecryptingObject {
  readonly namespace: string;
  readonly name: string;
  readonly decryption: Kustomization['spec']['decryption'];
}

type Data = ReadonlyMap<string, Buffer>;

/**
 * Reads the keys that `spec.decryption` names (kustomize-controller internal/decryptor, ImportKeys). The fallback Secret
 * is looked at for age keys alone, so that nobody borrows the controller's other credentials by naming none.
 *
 * @returns undefined when nothing is to be decrypted
 */
export async function readDecryptionKeys(
  { namespace, name, decryption }: DecryptingObject,
  { client, ageSecret, services }: Pick<DecryptionOptions, 'ageSecret' | 'services'> & { readonly client: Client },
  signal: AbortSignal,
): Promise<DecryptionKeys | undefined> {
  if (decryption === undefined) return undefined;
  const { secretRef } = decryption;
  const own = secretRef === undefined ? undefined : { namespace, name: secretRef.name };
  const key = own ?? ageSecret;
  const what = own === undefined ? 'SOPS age decryption Secret' : 'decryption Secret';
  const all = key === undefined ? new Map<string, Buffer>() : await readSecret(key, what, client, signal);
  const data = own === undefined ? new Map([...all].filter(([name]) => name.endsWith('.agekey'))) : all;
  const from = key === undefined ? '' : `sops ${what} '${key.namespace}/${key.name}'`;
  return {
    digest: digestOf(data),
    sources: () => ({
      ...sourcesOf(data, from),
      ...services?.sources({ namespace, name, decryption }, data, (entry, parse) => imported(entry, from, parse)),
    }),
  };
}

async function readSecret(key: Required<ObjectKey>, what: string, client: Client, signal: AbortSignal): Promise<Data> {
  try {
    const { data = {} } = await client.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
      secretType,
      key,
      { signal },
    );
    return new Map(Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
  } catch (error) {
    if (isAbort(error) || isNotFound(error)) throw error;
    const reason = errorMessage(error);
    throw new Error(`cannot get sops ${what} '${key.namespace}/${key.name}': ${reason}`, { cause: error });
  }
}

function digestOf(data: Data): string {
  const entries = [...data]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, value.toString('base64')]);
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64');
}

function sourcesOf(data: Data, from: string): KeySources {
  const identities: string[] = [];
  const secretKeys: SecretKey[] = [];
  for (const [name, value] of data) {
    if (name.endsWith('.agekey')) identities.push(...imported(name, from, () => parseAgeIdentities(value.toString())));
    if (name.endsWith('.asc')) secretKeys.push(...imported(name, from, () => parsePgpKeys(value)));
  }
  return { age: ageKeySource(identities), pgp: pgpKeySource(secretKeys) };
}

function imported<T>(name: string, from: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`failed to import '${name}' data from ${from}: ${errorMessage(error)}`, { cause: error });
  }
}

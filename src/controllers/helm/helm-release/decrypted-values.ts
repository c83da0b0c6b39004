import { readDecryptionKeys } from '../../../appliers/decryption/decryption-keys.ts';
import type { KeyServices } from '../../../appliers/decryption/key-services.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Client } from '../../../kube/client.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import { DataKeys } from '../../../sops/data-keys.ts';
import { decryptFile } from '../../../sops/decrypt.ts';
import { detectFormat } from '../../../sops/stores/format.ts';
import { decryptionSecretOf } from './extensions.ts';
import { ValuesError, type ValuesSource } from './values.ts';

const requestMs = 30_000;

/**
 * The source with its entries in clear that SOPS has encrypted, where the annotation names a Secret with age or PGP keys,
 * or with credentials for Vault or the key service of a cloud: no identity of the controller is lent for it;
 * else the source itself, as Flux reads it. Every entry is held against its MAC (ADR 17). Throws {@link ValuesError}, also
 * for encrypted `spec.values`: the API server does not keep the order of its fields, so that nobody can verify it.
 */
export async function decryptingValues(
  { metadata, spec }: HelmRelease,
  source: ValuesSource,
  { client, services }: { readonly client: Client; readonly services: Pick<KeyServices, 'sources'> },
  signal: AbortSignal,
): Promise<ValuesSource> {
  const secret = decryptionSecretOf({ metadata });
  if (secret === undefined) return source;
  if (isRecord(spec.values) && isRecord(spec.values['sops']))
    throw new ValuesError('spec.values is encrypted, and cannot be verified: put it into a Secret of spec.valuesFrom');
  if ((spec.valuesFrom ?? []).length === 0) return source;
  const { namespace, name } = metadata;
  const decryption = { provider: 'sops', secretRef: { name: secret } } as const;
  const options = { client, services, ageSecret: undefined };
  const read = await readDecryptionKeys({ namespace, name, decryption }, options, withDeadline(signal, requestMs));
  const keys = new DataKeys(read?.sources() ?? {});
  return {
    async read(kind, object, key) {
      const text = await source.read(kind, object, key);
      const content = new TextEncoder().encode(text ?? '');
      const input = detectFormat(content);
      if (input === undefined) return text;
      try {
        const clear = await decryptFile(content, { input, output: input, keys, signal });
        return new TextDecoder().decode(clear);
      } catch (error) {
        signal.throwIfAborted();
        const what = `${kind} '${namespace}/${object}' with key '${key}'`;
        throw new ValuesError(`could not decrypt ${what}: ${errorMessage(error)}`, { cause: error });
      }
    },
  };
}

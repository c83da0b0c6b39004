import { AuthError } from '../auth-error.ts';
import type { CloudEnvironment } from '../environment.ts';

/** A cloud of Azure's make that somebody else runs (Azure Stack), as its operator describes it. */
export interface AzureEnvironment {
  /** Without a slash at its end. */
  readonly resourceManagerEndpoint: string;
  /** Audience of tokens for the Resource Manager. */
  readonly tokenAudience: string;
  /** What the hosts of its registries end with. */
  readonly containerRegistryDNSSuffix: string | undefined;
}

/**
 * The file that `AZURE_ENVIRONMENT_FILEPATH` names; undefined when it names none (fluxcd/pkg auth/azure/options.go). Throws
 * AuthError when it cannot be read, or lacks what it must have.
 */
export async function readAzureEnvironment({
  variables,
  read,
}: CloudEnvironment): Promise<AzureEnvironment | undefined> {
  const path = variables['AZURE_ENVIRONMENT_FILEPATH'];
  if (path === undefined) return undefined;
  if (path === '') throw new AuthError('environment variable AZURE_ENVIRONMENT_FILEPATH is not set');
  let values: Readonly<Record<string, unknown>>;
  try {
    values = Object(JSON.parse(await read(path)));
  } catch (cause) {
    if (cause instanceof AuthError) throw cause;
    throw new AuthError('the Azure environment file is not JSON', { cause });
  }
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const endpoint = text('resourceManagerEndpoint');
  const tokenAudience = text('tokenAudience');
  if (endpoint === undefined || tokenAudience === undefined) {
    throw new AuthError('resourceManagerEndpoint and tokenAudience must be set in the environment file');
  }
  return {
    resourceManagerEndpoint: endpoint.replace(/\/+$/, ''),
    tokenAudience,
    containerRegistryDNSSuffix: text('containerRegistryDNSSuffix'),
  };
}

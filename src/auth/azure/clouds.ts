import { AuthError } from '../auth-error.ts';

/** One of Azure's clouds: public, China, US Government (Azure SDKs, azcore/cloud). */
export interface AzureCloud {
  /** Where Entra ID gives tokens. */
  readonly authorityHost: string;
  readonly resourceManager: string;
  /** Audience of tokens for the Resource Manager. */
  readonly resourceManagerAudience: string;
}

export const publicCloud: AzureCloud = {
  authorityHost: 'https://login.microsoftonline.com',
  resourceManager: 'https://management.azure.com',
  resourceManagerAudience: 'https://management.core.windows.net/',
};

const chinaCloud: AzureCloud = {
  authorityHost: 'https://login.chinacloudapi.cn',
  resourceManager: 'https://management.chinacloudapi.cn',
  resourceManagerAudience: 'https://management.core.chinacloudapi.cn',
};

const governmentCloud: AzureCloud = {
  authorityHost: 'https://login.microsoftonline.us',
  resourceManager: 'https://management.usgovcloudapi.net',
  resourceManagerAudience: 'https://management.core.usgovcloudapi.net',
};

/** The cloud that `AZURE_AUTHORITY_HOST` belongs to (fluxcd/pkg auth/azure/provider.go). */
export function cloudOf(authorityHost: string | undefined): AzureCloud {
  if (authorityHost?.includes('chinacloudapi.cn')) return chinaCloud;
  if (authorityHost?.includes('microsoftonline.us')) return governmentCloud;
  return publicCloud;
}

/** Where Entra ID answers, a closed list: a client secret is sent there. */
const authorities: readonly string[] = [
  ...[publicCloud, chinaCloud, governmentCloud].map(({ authorityHost }) => authorityHost),
  'https://login.partner.microsoftonline.cn',
  'https://login.microsoft.com',
  'https://sts.windows.net',
];

/** An authority that a user names, without a path. Throws AuthError when it is none of Azure's. */
export function knownAuthority(authorityHost: string): string {
  const origin = URL.canParse(authorityHost) ? new URL(authorityHost).origin : '';
  if (authorities.includes(origin)) return origin;
  throw new AuthError(`the authority host must be one of ${authorities.join(', ')}`);
}

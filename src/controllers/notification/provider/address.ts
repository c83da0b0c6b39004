import { NotifyError } from './notifier.ts';
import type { ProviderSettings } from './settings.ts';

/**
 * The address as a URL to post to, or a NotifyError that begins with `problem` (Go's url.ParseRequestURI takes absolute
 * URLs only). It does not quote the address, as the original does: webhooks carry tokens.
 */
export function webhookUrl({ address }: ProviderSettings, problem: string): string {
  if (address === '') throw new NotifyError(`${problem} : parse "": empty url`, { permanent: true });
  if (!URL.canParse(address)) throw new NotifyError(`${problem}: it is not a valid URL`, { permanent: true });
  return address;
}

import { type SecretData, secretText } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { NotifyError } from './notifier.ts';

/**
 * The headers that a Secret adds to requests: its entry `headers`, a YAML map of texts. Throws NotifyError, without the
 * values, when it is none.
 */
export function readHeaders(secret: SecretData): Readonly<Record<string, string>> {
  if (!secret.has('headers')) return {};
  const value = parsed(secretText(secret, 'headers'));
  if (value === null || value === undefined) return {};
  if (!isRecord(value)) throw fault('it is not a map');
  for (const [name, entry] of Object.entries(value)) {
    if (typeof entry !== 'string') throw fault(`the value of '${name}' is not a string`);
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw fault(`'${name}' is not a header name`);
    if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(entry)) {
      throw fault(`the value of '${name}' has characters that no header may have`);
    }
  }
  return value as Readonly<Record<string, string>>;
}

/** Headers that belong to the connection: Go's client, which Flux uses, does not take them from a user either. */
const ofConnection: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The Secret's headers as they are sent: their names in lower case, without those that belong to the connection. */
export function sentHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !ofConnection.includes(name)),
  );
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw fault(errorMessage(error).replace(/\s[\s\S]*/, ''));
  }
}

function fault(problem: string): NotifyError {
  return new NotifyError(`failed to read headers from secret: ${problem}`, { permanent: true });
}

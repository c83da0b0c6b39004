import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { AuthError } from '../auth-error.ts';
import { type AuthHttp, jsonOf } from '../http.ts';
import { signJwt } from '../jwt.ts';
import { type BearerToken, expiryOf } from '../token.ts';

/** What calls to Entra ID need. */
export interface EntraDeps {
  readonly http: AuthHttp;
  readonly now: () => number;
}

/** An application, and by what it proves to be itself. */
export interface EntraClient {
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly proof:
    | { readonly secret: string }
    /** A JWT of an issuer that the application trusts. */
    | { readonly assertion: string }
    | EntraCertificate;
}

/** A certificate of the application with its key, both as PEM in one text. */
export interface EntraCertificate {
  readonly certificate: string;
  readonly password?: string | undefined;
  /** Send the whole chain along, for applications that trust by subject and issuer. */
  readonly sendChain?: boolean | undefined;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * A token by the client credentials flow. Throws AuthError.
 *
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function entraToken(
  { http, now }: EntraDeps,
  { authorityHost, tenantId, clientId, proof }: EntraClient,
  scope: string,
  signal: AbortSignal,
): Promise<BearerToken> {
  if (!/^[A-Za-z0-9.-]{1,255}$/.test(tenantId))
    throw new AuthError('the Azure tenant ID is neither a GUID nor a domain');
  const url = `${authorityHost.replace(/\/+$/, '')}/${tenantId}/oauth2/v2.0/token`;
  const proven: Readonly<Record<string, string>> =
    'secret' in proof
      ? { client_secret: proof.secret }
      : {
          client_assertion_type: assertionType,
          client_assertion: 'assertion' in proof ? proof.assertion : certificateAssertion(proof, clientId, url, now()),
        };
  const secrets = Object.values(proven).filter((value) => value !== assertionType);
  const reply = await http.call({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, scope, ...proven }).toString(),
    reach: 'fixed',
    secrets,
    signal,
  });
  return bearerOf(jsonOf(reply, 'Entra ID gave no token', secrets), now());
}

/** The token of an OAuth answer. Throws AuthError when it has none. */
export function bearerOf(answer: Readonly<Record<string, unknown>>, now: number): BearerToken {
  const { access_token: token, expires_in: expiresIn } = answer;
  if (typeof token !== 'string' || token === '') throw new AuthError('the answer has no access token');
  return { token, expiresAt: expiryOf(expiresIn, now) };
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials */
function certificateAssertion(
  { certificate, password, sendChain = false }: EntraCertificate,
  clientId: string,
  audience: string,
  now: number,
): string {
  const chain = [...certificate.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)].map(
    ([pem]) => new X509Certificate(pem),
  );
  const key = privateKeyOf(certificate, password);
  const leaf = chain.find((candidate) => candidate.checkPrivateKey(key));
  if (leaf === undefined) throw new AuthError('the client certificate does not belong to its key');
  const seconds = Math.floor(now / 1000);
  return signJwt(
    key,
    'PS256',
    {
      'x5t#S256': createHash('sha256').update(leaf.raw).digest('base64url'),
      ...(sendChain
        ? { x5c: [leaf, ...chain.filter((other) => other !== leaf)].map(({ raw }) => raw.toString('base64')) }
        : {}),
    },
    { aud: audience, iss: clientId, sub: clientId, jti: randomUUID(), nbf: seconds, iat: seconds, exp: seconds + 600 },
  );
}

function privateKeyOf(pem: string, password: string | undefined) {
  const [key] = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/.exec(pem) ?? [];
  if (key === undefined) throw new AuthError('the client certificate has no private key in PEM');
  try {
    return createPrivateKey({ key, ...(password === undefined || password === '' ? {} : { passphrase: password }) });
  } catch {
    throw new AuthError('the private key of the client certificate cannot be read; is its password right?');
  }
}

const mask = '*****';

/** `scheme://userinfo@`; a userinfo may hold further `@`, but no slash. */
const userinfo = /\b([a-z0-9+.-]{1,20}:\/\/)([^\s/?#"'<>]*)@/gi;
const header =
  /\b((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:basic|bearer|digest|token|negotiate)\s{1,4})?)[^\s"',;]+/gi;
const bearer = /\b(bearer\s{1,4})[\w.~+/=-]{20,}/gi;
const query =
  /([?&](?:access_token|private_token|job_token|token|password|secret|client_secret|sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=)[^&\s"'#<>]+/gi;

/**
 * `text` without credentials: the userinfo of URLs (the user name of ssh URLs stays), Authorization headers, bearer
 * tokens, signed or token query parameters, and the given secrets, also where they are URL- or base64-encoded.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let out = text;
  for (const form of encodings(secrets)) out = out.replaceAll(form, mask);
  return out
    .replace(userinfo, (_all, scheme: string, info: string) => `${scheme}${maskedUser(scheme, info)}@`)
    .replace(header, `$1${mask}`)
    .replace(bearer, `$1${mask}`)
    .replace(query, `$1${mask}`);
}

function maskedUser(scheme: string, info: string): string {
  const [user = '', ...password] = info.split(':');
  if (!/^(git\+)?ssh:\/\/$/i.test(scheme)) return mask;
  return password.length === 0 ? user : `${user}:${mask}`;
}

/** The forms a secret may take in a text, longest first, so that no part of a longer one is left behind. */
function encodings(secrets: readonly string[]): readonly string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const line of [secret, secret.trim()]) {
      if (line === '') continue;
      forms.add(line);
      forms.add(encodeURIComponent(line.toWellFormed()));
      forms.add(base64(line));
      // How a JSON or Go %q text shows it.
      forms.add(JSON.stringify(line).slice(1, -1));
    }
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}

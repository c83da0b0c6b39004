import { jsonPayload } from '../json-payload.ts';
import { equal, hmac, requireToken } from '../signature.ts';
import { CallRefused, header, type ReceiverType } from '../webhook-call.ts';

/** Nexus Repository, which signs with HMAC-SHA1. */
export const nexus: ReceiverType = {
  documentation: 'https://help.sonatype.com/en/working-with-hmac-payloads.html',
  verify(call, { credentials: { token } }) {
    const signature = header(call, 'x-nexus-webhook-signature');
    if (signature === '') throw new CallRefused('the Nexus signature is missing from header');
    requireToken(token);
    const expected = Buffer.from(hmac('sha1', call.body, token)).toString('hex');
    if (!equal(Buffer.from(signature, 'latin1'), Buffer.from(expected)))
      throw new CallRefused('invalid Nexus signature');
    requireJson(call.body);
    const { repositoryName } = jsonPayload(call.body, { action: 'string', repositoryName: 'string' }, 'Nexus');
    return { about: `Nexus event from ${repositoryName}` };
  },
};

/** Nothing may follow the JSON here (json.Unmarshal). */
function requireJson(body: Uint8Array): void {
  try {
    JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new CallRefused('cannot decode Nexus webhook payload: it is not JSON');
  }
}

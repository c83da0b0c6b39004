import { requireSignature } from './signature.ts';
import { CallRefused, header, type WebhookCall } from './webhook-call.ts';

/**
 * The JSON of a call that is signed as GitHub signs: the body, or the form's field `payload`. The signature is that of
 * the body as it came (google/go-github github/messages.go, ValidatePayload). Throws CallRefused.
 */
export function signedPayload(call: WebhookCall, token: Uint8Array): Uint8Array {
  const [type = ''] = header(call, 'content-type').split(';');
  const contentType = type.trim().toLowerCase();
  if (contentType !== 'application/json' && contentType !== 'application/x-www-form-urlencoded') {
    throw new CallRefused(`webhook request has unsupported Content-Type ${JSON.stringify(contentType)}`);
  }
  const signature = header(call, 'x-hub-signature-256') || header(call, 'x-hub-signature');
  requireSignature(signature, call.body, token);
  if (contentType === 'application/json') return call.body;
  const text = Buffer.from(call.body).toString('utf8');
  // What Go's url.ParseQuery takes for malformed.
  if (/%(?![0-9a-f]{2})|;/i.test(text)) throw new CallRefused('the form cannot be decoded');
  const form = new URLSearchParams(text);
  return Buffer.from(form.get('payload') ?? '');
}

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
  const form = new URLSearchParams(Buffer.from(call.body).toString('utf8'));
  return Buffer.from(form.get('payload') ?? '');
}

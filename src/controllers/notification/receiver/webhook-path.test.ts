import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webhookPath } from './webhook-path.ts';

/** Computed by GetWebhookPath of github.com/fluxcd/notification-controller/api v1.9.3; tokens in base64. */
const computed = [
  {
    token: 'czNjcmV0',
    name: 'hook',
    namespace: 'apps',
    path: 'cd1f319545538e37fc9c2709f5f933e00cba235e4459cfff44e6304909794aca',
  },
  {
    token: '',
    name: 'hook',
    namespace: 'apps',
    path: 'b1083213d31cf1b5d6035e8d217788758f083816ce19b36938e055e063930671',
  },
  {
    token: 'MTIzNDU2Nzg=',
    name: 'webapp',
    namespace: 'flux-system',
    path: 'c7b96e33536734f1f98dc3c38c30a1f4d6db2af83f7b0a50cc8b9294f0cc5373',
  },
  {
    token: 'cMOkc3N3w7ZyZCDinJM=',
    name: 'a',
    namespace: 'b',
    path: 'bbb9bb29ebac29f1ffe2b1212357723e33d03990ea6974c5cc1c0d297059eae1',
  },
  {
    token: 'bGluZQo=',
    name: 'a.b-c',
    namespace: 'd',
    path: 'e52ac6c472b2990e359ab61beceea1ca0bcdf11225f326bb68e646f08a34a2e4',
  },
  {
    token: '//4AeA==',
    name: 'bytes',
    namespace: 'apps',
    path: '4329f58458831ef1dfd0a301dc80678fcd81bae2cddcdb82b44f07863b543f98',
  },
] as const;

describe('webhookPath', () => {
  for (const { token, name, namespace, path } of computed) {
    it(`is that of Flux for ${namespace}/${name}, token ${token || 'empty'}`, () => {
      assert.equal(webhookPath(Buffer.from(token, 'base64'), { name, namespace }), `/hook/${path}`);
    });
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import type { Tenant } from '../support/tenant.ts';

/** What the sops command (3.13.2) wrote for a transit engine whose ciphertexts are `vault:v1:` and the plaintext. */
const encrypted = (address: string): string => `apiVersion: v1
kind: Secret
metadata:
    name: s
stringData:
    a: ENC[AES256_GCM,data:mQ==,iv:vkonFJWcDF/0FiK2CNm/Bf0VkkjJgsx6LTw35m0s3go=,tag:ESK9xv6TTBVpaSVRKwhd+g==,type:str]
sops:
    encrypted_regex: ^(data|stringData)$
    hc_vault:
        - created_at: "2026-11-22T09:55:22Z"
          enc: vault:v1:kERPqjE6N5S1Bf6RQtt7y+t2AFU/lGu0gEapj7inS/U=
          engine_path: team/transit
          key_name: mykey
          vault_address: ${address}
    lastmodified: "2026-11-22T09:55:22Z"
    mac: ENC[AES256_GCM,data:j/Z9oPoovtglL7mvHQsl4RRFfIkK+XmhcQYPas59HhCDnUOJH6do0PWEbnTcge9wbb0sjUsRy+JwJJrU2j9N/Mom0mfVrVneWBfwJGf5Hc+Vk3dW1fTM3PXKa3+igW6C4/GdgjkzbkO2Ne8sp+xfwbrxmIG8Sh0/LnLXvFbnruc=,iv:F/7lwb/vlcHg5UWOIpHU6DTgzJ+z65ARERDMfzKzSgc=,tag:gxKErUwFkghjUNMkVyUm/Q==,type:str]
    version: 3.13.2
`;

interface TokenReview {
  readonly status: { readonly authenticated?: boolean; readonly user?: { readonly username: string } };
}

/** Vault's transit engine and its Kubernetes login, which asks the API server whose token it is, as Vault does. */
class Vault {
  /** `role` of each login that succeeded. */
  readonly logins: string[] = [];
  readonly #server: Server;
  readonly #review: (token: string) => Promise<TokenReview>;

  constructor(review: (token: string, audience: string) => Promise<TokenReview>) {
    this.#review = (token) => review(token, this.address);
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        (answer) => response.end(JSON.stringify(answer)),
        () => response.writeHead(403).end('{"errors":["permission denied"]}'),
      );
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Record<string, string>;
    if (request.url === '/v1/auth/kubernetes/login') {
      const { status } = await this.#review(body['jwt'] ?? '');
      const [, , namespace, name] = status.user?.username.split(':') ?? [];
      assert.ok(status.authenticated && body['role'] === `${namespace}_${name}`);
      this.logins.push(body['role']);
      return { auth: { client_token: `token of ${body['role']}`, lease_duration: 3600 } };
    }
    assert.equal(request.url, '/v1/team/transit/decrypt/mykey');
    assert.match(String(request.headers['x-vault-token']), /^token of /);
    return { data: { plaintext: body['ciphertext']?.replace('vault:v1:', '') } };
  }
}

describe('decryption with Vault', { concurrency: 2 }, () => {
  let environment: Environment;
  let vault: Vault;
  before(async () => {
    environment = await Environment.start({
      kustomizeFlags: ['--feature-gates=ObjectLevelWorkloadIdentity=true', '--sops-vault-configmap=vault'],
    });
    const { admin } = environment.plane;
    vault = new Vault((token, audience) =>
      admin.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        body: { spec: { token, audiences: [audience] } },
      }),
    );
    await vault.start();
  });
  after(async () => {
    vault?.stop();
    await environment?.stop();
  });

  const list = (...instances: readonly object[]): Promise<unknown> =>
    environment.kubectl.in('flux-system').apply([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'vault' },
        data: { 'config.yaml': JSON.stringify({ instances }) },
      },
    ]);

  async function install(team: Tenant, decryption: object): Promise<void> {
    await team.install({ 's.yaml': encrypted(vault.address) }, { decryption: { provider: 'sops', ...decryption } });
  }

  it('logs in as the ServiceAccount at servers that the operator lists, and at no other', async () => {
    const team = await environment.tenant();
    await team.kubectl.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'decryptor' } }]);
    await list();
    await install(team, { serviceAccountName: 'decryptor' });
    await team.failed('BuildFailed', { says: 'no Vault login path configured' });
    assert.deepEqual(vault.logins, []);
    await list({ address: vault.address, loginPath: 'auth/kubernetes/login' });
    await team.request();
    await team.ready();
    const { data } = (await team.kubectl.get(ref('v1', 'Secret', 's'))) as unknown as { data: Record<string, string> };
    assert.equal(Buffer.from(data['a'] ?? '', 'base64').toString(), 'b');
    assert.deepEqual(vault.logins, [`${team.namespace}_decryptor`]);
  });

  it('reaches no service of the machine with the token of a Secret', async () => {
    const team = await environment.tenant();
    await team.kubectl.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'keys' },
        stringData: { 'sops.vault-token': 'token of me' },
      },
    ]);
    await team.install(
      { 's.yaml': encrypted(vault.address.replace('127.0.0.1', 'localhost')) },
      { decryption: { provider: 'sops', secretRef: { name: 'keys' } } },
    );
    await team.failed('BuildFailed', { says: 'localhost is an address of the' });
  });
});

import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CloudServer, cloudEnvironment } from '../../../test/support/cloud-server.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { isSignedBy } from '../../../test/support/sigv4.ts';
import { createCloudAuth } from '../../auth/cloud-auth.ts';
import type { ServiceAccounts } from '../../auth/provider.ts';
import { TokenCache } from '../../auth/token-cache.ts';
import type { KeySources } from '../key-source.ts';
import type { AwsKmsKey, AzureKey, GcpKmsKey, VaultKey } from '../master-key.ts';
import { type CloudSourcesOptions, cloudKeySources, type VaultOperator } from './cloud-sources.ts';
import { parseAzureIdentity } from './credentials.ts';

const { signal } = new AbortController();
const dataKey = randomBytes(32);
const base64 = dataKey.toString('base64');
const involved = { kind: 'Kustomization', namespace: 'team', name: 'app' };
const identity = { namespace: 'team', name: 'decryptor' };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

const vaultKey: VaultKey = {
  kind: 'hc_vault',
  vaultAddress: 'https://vault.example.com:8200',
  enginePath: 'team/transit',
  keyName: 'sops key',
  enc: 'vault:v1:abc',
};
const awsKey: AwsKmsKey = {
  kind: 'kms',
  arn: 'arn:aws:kms:eu-west-1:123456789012:key/612d5f0p',
  role: '',
  context: { app: 'web' },
  awsProfile: '',
  enc: Buffer.from('cipher').toString('base64'),
};
const gcpKey: GcpKmsKey = {
  kind: 'gcp_kms',
  resourceId: 'projects/p/locations/global/keyRings/r/cryptoKeys/k',
  enc: Buffer.from('cipher').toString('base64'),
};
const azureKey: AzureKey = {
  kind: 'azure_kv',
  vaultUrl: 'https://flux.vault.azure.net',
  name: 'sops',
  version: 'v1',
  enc: publicEncrypt({ key: rsa.publicKey, oaepHash: 'sha256' }, dataKey).toString('base64url'),
};

describe('key services', () => {
  let cloud: CloudServer;
  before(async () => {
    cloud = await CloudServer.start();
  });
  after(() => cloud.stop());
  beforeEach(() => {
    cloud.requests.splice(0);
    cloud.reaches.splice(0);
  });

  function sources(
    entries: Readonly<Record<string, string>>,
    options: Partial<CloudSourcesOptions> & { annotations?: Record<string, string> } = {},
  ): KeySources {
    const clock = new ManualClock();
    const serviceAccounts: ServiceAccounts = {
      read: async (ref) => ({ ...ref, annotations: options.annotations ?? {} }),
      async token({ namespace, name }, audiences) {
        const claims = {
          sub: `system:serviceaccount:${namespace}:${name}`,
          aud: audiences,
          exp: clock.now() / 1000 + 3600,
        };
        return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
      },
    };
    const auth = createCloudAuth({
      http: cloud.http,
      now: () => clock.now(),
      environment: cloudEnvironment({ AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'eu-west-1' }),
      serviceAccounts,
      cache: new TokenCache({ maxSize: 10, clock }),
      objectLevel: true,
      readKubeconfig: () => ({ server: '', ca: '' }),
    });
    const vault: VaultOperator = { settings: async () => ({}), loginPaths: undefined };
    const bytes = new Map(Object.entries(entries).map(([name, value]) => [name, Buffer.from(value)]));
    const all = { cloud: auth, vault, identity: undefined, nodeIdentities: true, involved, ...options };
    return cloudKeySources(bytes, all, (name, parse) => {
      try {
        return parse();
      } catch (error) {
        throw new Error(`${name}: ${(error as Error).message}`);
      }
    });
  }

  async function decrypt(from: KeySources, key: VaultKey | AwsKmsKey | GcpKmsKey | AzureKey): Promise<Buffer> {
    switch (key.kind) {
      case 'hc_vault':
        return Buffer.from((await from.hc_vault?.decrypt(key, signal)) ?? []);
      case 'kms':
        return Buffer.from((await from.kms?.decrypt(key, signal)) ?? []);
      case 'gcp_kms':
        return Buffer.from((await from.gcp_kms?.decrypt(key, signal)) ?? []);
      case 'azure_kv':
        return Buffer.from((await from.azure_kv?.decrypt(key, signal)) ?? []);
    }
  }

  describe('Vault', () => {
    const endpoint = 'PUT https://vault.example.com:8200/v1/team/transit/decrypt/sops%20key';
    const answer = (token: string): void =>
      cloud.on(endpoint, ({ headers, body }) => {
        if (headers['x-vault-token'] !== token) return { status: 403, body: { errors: ['permission denied'] } };
        assert.equal(headers['x-vault-request'], 'true');
        assert.deepEqual(JSON.parse(body), { ciphertext: 'vault:v1:abc' });
        return { body: { data: { plaintext: base64 } } };
      });

    it('decrypts with the token of the Secret, out of reach of the machine', async () => {
      answer('s.token');
      assert.deepEqual(await decrypt(sources({ 'sops.vault-token': ' s.token\n' }), vaultKey), dataKey);
      assert.deepEqual(cloud.reaches, ['user']);
    });

    it('sends the namespace that the operator set', async () => {
      cloud.on(endpoint, ({ headers }) => {
        assert.equal(headers['x-vault-namespace'], 'admin');
        return { body: { data: { plaintext: base64 } } };
      });
      const vault = { settings: async () => ({ namespace: 'admin' }), loginPaths: undefined };
      await decrypt(sources({ 'sops.vault-token': 's' }, { vault }), vaultKey);
    });

    const loginPaths = async (): Promise<ReadonlyMap<string, string>> =>
      new Map([[vaultKey.vaultAddress, 'auth/kubernetes/login']]);
    const login = 'PUT https://vault.example.com:8200/v1/auth/kubernetes/login';

    it('logs in as the ServiceAccount where the operator lists the server, and again when refused', async () => {
      let logins = 0;
      cloud.on(login, ({ body }) => {
        const { role, jwt } = JSON.parse(body) as { role: string; jwt: string };
        assert.equal(role, 'team_decryptor');
        assert.match(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString(), /"aud":\["https:\/\/vault\.example/);
        return { body: { auth: { client_token: `t${++logins}`, lease_duration: 3600 } } };
      });
      const from = sources({}, { identity, vault: { settings: async () => ({}), loginPaths } });
      answer('t1');
      assert.deepEqual(await decrypt(from, vaultKey), dataKey);
      assert.deepEqual(await decrypt(from, vaultKey), dataKey);
      assert.equal(logins, 1);
      answer('t2');
      assert.deepEqual(await decrypt(from, vaultKey), dataKey);
      assert.equal(logins, 2);
      assert.ok(cloud.reaches.every((reach) => reach === 'fixed'));
    });

    const refused: readonly {
      name: string;
      vault?: VaultOperator;
      key?: object;
      entries?: Record<string, string>;
      want: RegExp;
    }[] = [
      {
        name: 'without a token',
        want: /the decryption Secret has no sops\.vault-token, and the controller no --sops-vault-configmap/,
      },
      {
        name: 'at a server that is not listed',
        vault: { settings: async () => ({}), loginPaths },
        key: { vaultAddress: 'https://evil.example.com' },
        want: /no Vault login path configured for address 'https:\/\/evil\.example\.com'/,
      },
      {
        name: 'at a server that the allowlist leaves out',
        entries: { 'sops.vault-token': 's' },
        vault: { settings: async () => ({ allowlist: 'https://vault.example.com,https://b' }), loginPaths: undefined },
        key: { vaultAddress: 'https://vault.example.com.evil.com' },
        want: /^Allowlist does not allow https:\/\/vault\.example\.com\.evil\.com$/,
      },
      {
        name: 'by another path',
        entries: { 'sops.vault-token': 's' },
        key: { enginePath: 'transit/../sys' },
        want: /is no path of Vault/,
      },
    ];
    for (const { name, vault, key = {}, entries = {}, want } of refused) {
      it(`decrypts nothing ${name}`, async () => {
        const from = sources(entries, vault === undefined ? {} : { vault });
        await assert.rejects(decrypt(from, { ...vaultKey, ...key }), ({ message }: Error) => want.test(message));
        assert.deepEqual(cloud.requests, []);
      });
    }

    it('tells what Vault says, without the token', async () => {
      cloud.on(endpoint, { status: 403, body: { errors: ['permission denied for s.token'] } });
      await assert.rejects(decrypt(sources({ 'sops.vault-token': 's.token' }), vaultKey), {
        message:
          'failed to decrypt sops data key from Vault transit backend \'team/transit/decrypt/sops key\': Vault: HTTP 403: {"errors":["permission denied for *****"]}',
      });
      assert.equal(cloud.requests.length, 1);
    });
  });

  describe('AWS KMS', () => {
    const kms = 'POST https://kms.eu-west-1.amazonaws.com/';
    const sts = 'POST https://sts.eu-west-1.amazonaws.com/';
    const credentials = (action: string): string =>
      `<${action}Response><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>temporary</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></${action}Response>`;
    const answer = (secret: string): void =>
      cloud.on(kms, (request) => {
        assert.ok(isSignedBy(secret, request));
        assert.equal(request.headers['x-amz-target'], 'TrentService.Decrypt');
        assert.deepEqual(JSON.parse(request.body), {
          KeyId: awsKey.arn,
          CiphertextBlob: awsKey.enc,
          EncryptionContext: { app: 'web' },
        });
        return { body: { KeyId: awsKey.arn, Plaintext: base64 } };
      });
    const own = { 'sops.aws-kms': 'aws_access_key_id: AKIA\naws_secret_access_key: own/secret\n' };

    it('decrypts with the keys of the Secret', async () => {
      answer('own/secret');
      assert.deepEqual(await decrypt(sources(own), awsKey), dataKey);
    });

    it('decrypts as the role that the key names', async () => {
      cloud.on(sts, (request) => {
        assert.ok(isSignedBy('own/secret', request));
        assert.equal(request.form['RoleArn'], 'arn:aws:iam::1:role/kms');
        return { body: credentials('AssumeRole') };
      });
      answer('temporary');
      assert.deepEqual(await decrypt(sources(own), { ...awsKey, role: 'arn:aws:iam::1:role/kms' }), dataKey);
    });

    it('decrypts as the role of the ServiceAccount', async () => {
      cloud.on(sts, ({ form }) => {
        assert.equal(form['RoleArn'], 'arn:aws:iam::1:role/team');
        return { body: credentials('AssumeRoleWithWebIdentity') };
      });
      answer('temporary');
      const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/team' };
      assert.deepEqual(await decrypt(sources({}, { identity, annotations }), awsKey), dataKey);
    });

    it('tells what KMS says', async () => {
      cloud.on(kms, { status: 400, body: { __type: 'com.amazonaws.kms#AccessDeniedException', Message: 'not you' } });
      await assert.rejects(decrypt(sources(own), awsKey), {
        message: 'failed to decrypt sops data key with AWS KMS: HTTP 400: AccessDeniedException: not you',
      });
    });

    for (const arn of ['', 'arn:aws:s3:::bucket', 'arn:aws:kms:evil.com/?:1:key/x']) {
      it(`asks nobody for the key ${JSON.stringify(arn)}`, async () => {
        await assert.rejects(decrypt(sources(own), { ...awsKey, arn }), /no valid ARN|not a region/);
        assert.deepEqual(cloud.requests, []);
      });
    }
  });

  describe('GCP KMS', () => {
    const endpoint = `POST https://cloudkms.googleapis.com/v1/${gcpKey.resourceId}:decrypt`;
    const own = {
      'sops.gcp-kms': JSON.stringify({
        type: 'authorized_user',
        client_id: 'c',
        client_secret: 's',
        refresh_token: 'r',
      }),
    };
    beforeEach(() =>
      cloud.on(endpoint, ({ headers, body }) => {
        assert.equal(headers['authorization'], 'Bearer ya29');
        assert.deepEqual(JSON.parse(body), { ciphertext: gcpKey.enc });
        return { body: { plaintext: base64 } };
      }),
    );

    it('decrypts with the key of the Secret, and asks for one token', async () => {
      cloud.on('POST https://oauth2.googleapis.com/token', { body: { access_token: 'ya29', expires_in: 3600 } });
      const from = sources(own);
      assert.deepEqual(await decrypt(from, gcpKey), dataKey);
      assert.deepEqual(await decrypt(from, gcpKey), dataKey);
      assert.equal(cloud.requests.length, 3);
    });

    it('decrypts as what the ServiceAccount is in the pool', async () => {
      cloud.on('POST https://sts.googleapis.com/v1/token', { body: { access_token: 'ya29', expires_in: 3600 } });
      const annotations = {
        'gcp.auth.fluxcd.io/workload-identity-provider':
          'projects/1/locations/global/workloadIdentityPools/p/providers/f',
      };
      assert.deepEqual(await decrypt(sources({}, { identity, annotations }), gcpKey), dataKey);
    });

    it('asks nobody for what is no key', async () => {
      await assert.rejects(decrypt(sources(own), { ...gcpKey, resourceId: 'projects/p/../x' }), /no valid resource ID/);
      assert.deepEqual(cloud.requests, []);
    });
  });

  describe('Azure Key Vault', () => {
    const tenantId = '11111111-2222-3333-4444-555555555555';
    const token = `POST https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`;
    const endpoint = 'POST https://flux.vault.azure.net/keys/sops/v1/decrypt';
    beforeEach(() =>
      cloud.on(endpoint, ({ headers, url, body }) => {
        assert.equal(headers['authorization'], 'Bearer azure');
        assert.equal(url.searchParams.get('api-version'), '7.4');
        const { alg, value } = JSON.parse(body) as { alg: string; value: string };
        assert.equal(alg, 'RSA-OAEP-256');
        const oaep = { key: rsa.privateKey, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING };
        return { body: { value: privateDecrypt(oaep, Buffer.from(value, 'base64url')).toString('base64url') } };
      }),
    );

    it('decrypts with the application of the Secret', async () => {
      cloud.on(token, ({ form }) => {
        assert.deepEqual(form, {
          grant_type: 'client_credentials',
          client_id: 'app',
          client_secret: 'hunter2',
          scope: 'https://vault.azure.net/.default',
        });
        return { body: { access_token: 'azure', expires_in: 3600 } };
      });
      const entry = `tenantId: ${tenantId}\nclientId: app\nclientSecret: hunter2\n`;
      assert.deepEqual(await decrypt(sources({ 'sops.azure-kv': entry }), azureKey), dataKey);
    });

    it('decrypts as the application of the ServiceAccount', async () => {
      cloud.on(token, { body: { access_token: 'azure', expires_in: 3600 } });
      const annotations = {
        'azure.workload.identity/tenant-id': tenantId,
        'azure.workload.identity/client-id': 'team',
      };
      assert.deepEqual(await decrypt(sources({}, { identity, annotations }), azureKey), dataKey);
    });

    it("takes the node's identity only where that is allowed", async () => {
      cloud.on('GET http://169.254.169.254/metadata/identity/oauth2/token', {
        body: { access_token: 'azure', expires_in: '3600' },
      });
      const entries = { 'sops.azure-kv': 'clientId: node' };
      assert.deepEqual(await decrypt(sources(entries), azureKey), dataKey);
      await assert.rejects(
        decrypt(sources(entries, { nodeIdentities: false }), azureKey),
        /managed identities are not allowed here/,
      );
    });

    for (const vaultUrl of [
      'https://evil.example.com',
      'http://flux.vault.azure.net',
      'https://vault.azure.net.evil.com',
      'https://flux.vault.azure.net:8443',
      'x',
    ]) {
      it(`sends no token to ${vaultUrl}`, async () => {
        await assert.rejects(
          decrypt(sources({}), { ...azureKey, vaultUrl }),
          /is not the address of an Azure Key Vault/,
        );
        assert.deepEqual(cloud.requests, []);
      });
    }
  });

  describe('the entries of a Secret', () => {
    const malformed: readonly { entry: string; value: string; want: string }[] = [
      { entry: 'sops.aws-kms', value: 'hunter2', want: 'failed to unmarshal AWS credentials file' },
      { entry: 'sops.aws-kms', value: 'a: [hunter2', want: 'failed to unmarshal AWS credentials file' },
      {
        entry: 'sops.aws-kms',
        value: 'a: hunter2',
        want: 'invalid data: requires aws_access_key_id and aws_secret_access_key',
      },
      { entry: 'sops.gcp-kms', value: 'hunter2', want: 'the credentials are not a JSON object' },
      {
        entry: 'sops.gcp-kms',
        value: '{"type":"external_account"}',
        want: 'credentials of this type are not allowed here; expected service_account or authorized_user',
      },
      {
        entry: 'sops.azure-kv',
        value: 'tenantId: x',
        want: "invalid data: requires a 'clientId' field, a combination of 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'",
      },
    ];
    for (const { entry, value, want } of malformed) {
      it(`refuse ${value} as ${entry}, and show nothing of it`, () => {
        assert.throws(() => sources({ [entry]: value }), { message: `${entry}: ${want}` });
      });
    }

    const azure: readonly { name: string; text: string; want: unknown }[] = [
      { name: 'a managed identity', text: 'clientId: me', want: { managedIdentity: 'me' } },
      {
        name: 'what az prints',
        text: '{"appId": "app", "password": "p", "tenant": "t"}',
        want: {
          authorityHost: 'https://login.microsoftonline.com',
          tenantId: 't',
          clientId: 'app',
          proof: { secret: 'p' },
        },
      },
      {
        name: 'another cloud',
        text: 'tenantId: t\nclientId: c\nclientSecret: s\nauthorityHost: https://login.microsoftonline.us/',
        want: {
          authorityHost: 'https://login.microsoftonline.us',
          tenantId: 't',
          clientId: 'c',
          proof: { secret: 's' },
        },
      },
    ];
    for (const { name, text, want } of azure) {
      it(`may be ${name}, also in UTF-16`, () => {
        assert.deepEqual(parseAzureIdentity(Buffer.from(text)), want);
        assert.deepEqual(parseAzureIdentity(Buffer.from(`\ufeff${text}`, 'utf16le')), want);
        assert.deepEqual(parseAzureIdentity(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()), want);
      });
    }
  });
});

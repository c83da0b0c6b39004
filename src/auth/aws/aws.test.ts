import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CloudServer, cloudEnvironment } from '../../../test/support/cloud-server.ts';
import { isPresignedBy, isSignedBy } from '../../../test/support/sigv4.ts';
import type { AuthHttp } from '../http.ts';
import { claimsOf } from '../jwt.ts';
import type { AwsCredentials } from '../token.ts';
import { type AwsDeps, credentialsFromFile, defaultCredentials } from './default-credentials.ts';
import { eksClusters } from './eks.ts';
import { awsProvider } from './provider.ts';
import { awsEndpoint } from './region.ts';
import { signedHeaders } from './signature.ts';
import { assumeRole } from './sts.ts';

const signal = new AbortController().signal;
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const expires = '2026-01-02T04:04:05Z';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const given: AwsCredentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey,
  sessionToken: 'session/token+==',
  expiresAt: Date.parse(expires),
};
const sts = 'POST https://sts.eu-west-1.amazonaws.com/';

function stsAnswer(action: string): string {
  const { accessKeyId, sessionToken } = given;
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
    <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
    <SessionToken>${sessionToken}</SessionToken><Expiration>${expires}</Expiration>
  </Credentials></${action}Result></${action}Response>`;
}

const jsonCredentials = {
  AccessKeyId: given.accessKeyId,
  SecretAccessKey: secretAccessKey,
  Token: given.sessionToken,
  Expiration: expires,
};

describe('AWS', () => {
  let cloud: CloudServer;
  let http: AuthHttp;
  before(async () => {
    cloud = await CloudServer.start();
    ({ http } = cloud);
  });
  after(() => cloud.stop());
  beforeEach(() => void cloud.requests.splice(0));

  const deps = (variables: Record<string, string> = {}, files: Record<string, string> = {}): AwsDeps => ({
    http,
    now: () => now,
    environment: cloudEnvironment(variables, files),
  });

  it('signs as the vectors that AWS publishes', async () => {
    // aws-sig-v4-test-suite, get-vanilla.
    const { authorization } = await signedHeaders({
      credentials: {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
        expiresAt: Number.POSITIVE_INFINITY,
      },
      service: 'service',
      region: 'us-east-1',
      method: 'GET',
      url: 'https://example.amazonaws.com/',
      now: Date.UTC(2015, 7, 30, 12, 36, 0),
    });
    assert.equal(
      authorization,
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    );
  });

  describe('the endpoint of', () => {
    const regions: readonly [region: string, want: string][] = [
      ['us-east-1', 'https://kms.us-east-1.amazonaws.com'],
      ['us-gov-west-1', 'https://kms.us-gov-west-1.amazonaws.com'],
      ['cn-north-1', 'https://kms.cn-north-1.amazonaws.com.cn'],
      ['us-iso-east-1', 'https://kms.us-iso-east-1.c2s.ic.gov'],
      ['us-isob-east-1', 'https://kms.us-isob-east-1.sc2s.sgov.gov'],
      ['eusc-de-east-1', 'https://kms.eusc-de-east-1.amazonaws.eu'],
    ];
    for (const [region, want] of regions) it(region, () => assert.equal(awsEndpoint('kms', region), want));
    for (const region of ['', 'evil.example.com/#', 'us-east-1.evil.com', 'us-east-1@evil', 'US-EAST-1', '../x-1']) {
      it(`${JSON.stringify(region)} is refused`, () => assert.throws(() => awsEndpoint('kms', region), /not a region/));
    }
  });

  describe('the credentials of the machine', () => {
    const cases: readonly {
      name: string;
      variables: Record<string, string>;
      files?: Record<string, string>;
      answers?: () => void;
      want: Partial<AwsCredentials>;
    }[] = [
      {
        name: 'variables',
        variables: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' },
        want: { accessKeyId: 'AKIA', secretAccessKey: 'secret', expiresAt: Number.POSITIVE_INFINITY },
      },
      {
        name: 'a credentials file',
        variables: { AWS_SHARED_CREDENTIALS_FILE: '/aws', AWS_PROFILE: 'ci' },
        files: {
          '/aws':
            '[default]\naws_access_key_id=no\n[ci]\n# mine\naws_access_key_id = AKIA\naws_secret_access_key = s=\n',
        },
        want: { accessKeyId: 'AKIA', secretAccessKey: 's=', expiresAt: Number.POSITIVE_INFINITY },
      },
      {
        name: 'a web identity (IRSA)',
        variables: {
          AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
          AWS_ROLE_ARN: 'arn:aws:iam::1:role/flux',
          AWS_ROLE_SESSION_NAME: 'me',
        },
        files: { '/token': 'the.jwt.token\n' },
        answers() {
          cloud.on(sts, ({ form, headers }) => {
            assert.deepEqual(form, {
              Action: 'AssumeRoleWithWebIdentity',
              Version: '2011-06-15',
              RoleArn: 'arn:aws:iam::1:role/flux',
              RoleSessionName: 'me',
              WebIdentityToken: 'the.jwt.token',
            });
            assert.equal(headers['authorization'], undefined);
            return { body: stsAnswer('AssumeRoleWithWebIdentity') };
          });
        },
        want: given,
      },
      {
        name: "the Pod's agent (EKS Pod Identity)",
        variables: {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/token',
        },
        files: { '/token': 'the.jwt.token' },
        answers() {
          cloud.on('GET http://169.254.170.23/v1/credentials', ({ headers }) => {
            assert.equal(headers['authorization'], 'the.jwt.token');
            return { body: jsonCredentials };
          });
        },
        want: given,
      },
      {
        name: 'the instance, by version 2 of its metadata',
        variables: {},
        answers() {
          const root = 'http://169.254.169.254/latest';
          cloud.on(`PUT ${root}/api/token`, { body: 'imds' });
          const guarded = (body: unknown) => (request: { headers: Readonly<Record<string, string>> }) =>
            request.headers['x-aws-ec2-metadata-token'] === 'imds' ? { body } : { status: 401, body: '' };
          cloud.on(`GET ${root}/meta-data/iam/security-credentials/`, guarded('node-role\n'));
          cloud.on(`GET ${root}/meta-data/iam/security-credentials/node-role`, guarded(jsonCredentials));
        },
        want: given,
      },
    ];
    for (const { name, variables, files, answers, want } of cases) {
      it(`come from ${name}`, async () => {
        answers?.();
        assert.deepEqual(await defaultCredentials(deps(variables, files), 'eu-west-1', signal), want);
      });
    }

    it('are asked of no host that the environment names without TLS', async () => {
      const variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://agent.example.com/' };
      await assert.rejects(defaultCredentials(deps(variables), 'eu-west-1', signal), /must be asked by https/);
      assert.deepEqual(cloud.requests, []);
    });

    it('are missing from a file without the profile', () => {
      assert.throws(() => credentialsFromFile('[default]\n', 'ci'), /no keys for the profile 'ci'/);
    });

    it('need a region', async () => {
      const provider = awsProvider(deps({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }));
      await assert.rejects(provider.controllerToken({}, signal), /AWS_REGION environment variable is not set/);
      assert.equal((await provider.controllerToken({ region: 'eu-west-1' }, signal)).accessKeyId, 'a');
    });
  });

  describe('the role of a ServiceAccount', () => {
    const account = (arn: string) => ({
      namespace: 'team',
      name: 'deployer',
      annotations: { 'eks.amazonaws.com/role-arn': arn },
    });

    it('is assumed with its token', async () => {
      cloud.on(sts, ({ form }) => {
        assert.equal(form['RoleArn'], 'arn:aws:iam::123:role/team');
        assert.equal(form['RoleSessionName'], 'deployer.team.eu-west-1.fluxcd.io');
        assert.equal(form['WebIdentityToken'], 'k8s.jwt');
        return { body: stsAnswer('AssumeRoleWithWebIdentity') };
      });
      const provider = awsProvider(deps());
      const team = account('arn:aws:iam::123:role/team');
      assert.deepEqual(await provider.audiencesOf(team, signal), ['sts.amazonaws.com']);
      assert.equal(provider.identityOf(team), 'arn:aws:iam::123:role/team');
      assert.deepEqual(await provider.accountToken('k8s.jwt', team, { region: 'eu-west-1' }, signal), given);
    });

    it('must be one', () => {
      assert.throws(() => awsProvider(deps()).identityOf(account('arn:aws:iam::123:user/me')), {
        message:
          "invalid eks.amazonaws.com/role-arn annotation: 'arn:aws:iam::123:user/me'. must match ^arn:aws[\\w-]*:iam::[0-9]{1,30}:role\\/.{1,200}$",
      });
    });

    it('is refused in the words of STS, without the token', async () => {
      const body =
        '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>bad k8s.jwt.secret</Message></Error></ErrorResponse>';
      cloud.on(sts, { status: 400, body });
      const team = account('arn:aws:iam::123:role/team');
      await assert.rejects(awsProvider(deps()).accountToken('k8s.jwt.secret', team, { region: 'eu-west-1' }, signal), {
        message: 'operation error STS: AssumeRoleWithWebIdentity, HTTP 400: InvalidIdentityToken: bad *****',
      });
    });
  });

  it('assumes a role with credentials, by a signed request', async () => {
    cloud.on(sts, (request) => {
      assert.ok(isSignedBy(secretAccessKey, request));
      assert.equal(request.headers['x-amz-security-token'], given.sessionToken);
      assert.equal(request.form['Action'], 'AssumeRole');
      return { body: stsAnswer('AssumeRole') };
    });
    const role = { region: 'eu-west-1', roleArn: 'arn:aws:iam::1:role/kms', sessionName: 'sops@flux', signal };
    assert.deepEqual(await assumeRole(deps(), role, given), given);
  });

  describe('EKS', () => {
    const arn = 'arn:aws:eks:eu-west-1:123456789012:cluster/prod';
    const tokens = { get: async () => given as never };

    it('describes the cluster, and gives a token that STS would take', async () => {
      cloud.on('GET https://eks.eu-west-1.amazonaws.com/clusters/prod', (request) => {
        assert.ok(isSignedBy(secretAccessKey, request));
        const certificateAuthority = { data: Buffer.from('PEM').toString('base64') };
        return { body: { cluster: { endpoint: 'https://ABC.gr7.eu-west-1.eks.amazonaws.com', certificateAuthority } } };
      });
      const access = await eksClusters(deps()).access({ cluster: arn }, {}, tokens, signal);
      assert.equal(access.server, 'https://abc.gr7.eu-west-1.eks.amazonaws.com:443');
      assert.equal(access.ca, 'PEM');
      assert.equal(access.expiresAt, now + 15 * 60_000);
      const [kind, encoded = ''] = access.token.split('.');
      assert.equal(kind, 'k8s-aws-v1');
      const url = new URL(Buffer.from(encoded, 'base64url').toString());
      assert.equal(url.origin, 'https://sts.eu-west-1.amazonaws.com');
      assert.equal(url.searchParams.get('Action'), 'GetCallerIdentity');
      assert.equal(url.searchParams.get('X-Amz-Expires'), '900');
      assert.equal(url.searchParams.get('X-Amz-SignedHeaders'), 'host;x-k8s-aws-id');
      assert.ok(isPresignedBy(secretAccessKey, url, { 'x-k8s-aws-id': 'prod' }));
      assert.ok(!isPresignedBy(secretAccessKey, url, { 'x-k8s-aws-id': 'other' }));
    });

    it('looks nothing up that is given', async () => {
      const description = { cluster: arn, address: 'eks.internal:8443', ca: 'MINE' };
      const { server, ca } = await eksClusters(deps()).access(description, {}, tokens, signal);
      assert.deepEqual([server, ca], ['https://eks.internal:8443', 'MINE']);
      assert.deepEqual(cloud.requests, []);
    });

    it('tells what the service says', async () => {
      cloud.on('GET https://eks.eu-west-1.amazonaws.com/clusters/prod', {
        status: 404,
        body: { message: 'No cluster found for name: prod.' },
        headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal.amazon.com/' },
      });
      await assert.rejects(eksClusters(deps()).access({ cluster: arn }, {}, tokens, signal), {
        message: `failed to describe EKS cluster '${arn}': HTTP 404: ResourceNotFoundException: No cluster found for name: prod.`,
      });
    });

    for (const cluster of ['', 'prod', 'arn:aws:eks:evil.example.com/:1:cluster/x']) {
      it(`refuses the cluster ${JSON.stringify(cluster)}`, async () => {
        await assert.rejects(
          eksClusters(deps()).access({ cluster }, {}, tokens, signal),
          /invalid EKS cluster ARN|not a region of AWS/,
        );
        assert.deepEqual(cloud.requests, []);
      });
    }
  });

  it('reads claims of what is no JWT with an error that does not show it', () => {
    assert.throws(() => claimsOf('secret'), { message: 'failed to parse service account token: not a JWT' });
  });
});

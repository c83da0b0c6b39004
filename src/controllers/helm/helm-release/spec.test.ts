import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { shortReleaseName } from './release-name.ts';
import { releaseKey, releaseName, remediationOf, retryIntervalMs, storageNamespace, timeoutMs } from './spec.ts';

function helmRelease(spec: Partial<HelmRelease['spec']>, name = 'demo'): HelmRelease {
  const metadata = { name, namespace: 'apps' };
  return {
    apiVersion: helmReleaseKind.apiVersion,
    kind: helmReleaseKind.kind,
    metadata,
    spec: { interval: '1h', ...spec },
  };
}

describe('names', () => {
  const long = 'a'.repeat(60);
  const cases: readonly (readonly [string, HelmRelease, readonly [string, string, string]])[] = [
    ['by default those of the object', helmRelease({}), ['demo', 'apps', 'apps']],
    ['with a target namespace', helmRelease({ targetNamespace: 'prod' }), ['prod-demo', 'prod', 'apps']],
    [
      'with a name',
      helmRelease({ targetNamespace: 'prod', releaseName: 'shop', storageNamespace: 's' }),
      ['shop', 'prod', 's'],
    ],
    ['too long', helmRelease({}, long), [`${'a'.repeat(40)}-11ee391211c6`, 'apps', 'apps']],
  ];
  for (const [name, object, want] of cases)
    it(name, () => {
      const key = releaseKey(object);
      assert.deepEqual([key.name, key.namespace, storageNamespace(object)], want);
    });

  it('messages of failures show names in full', () => assert.equal(releaseName(helmRelease({}, long)), long));

  it('names of 53 characters stay', () => {
    assert.equal(shortReleaseName('a'.repeat(53)), 'a'.repeat(53));
    assert.equal(shortReleaseName('a'.repeat(54)).length, 53);
  });
});

describe('options', () => {
  it('timeouts are of the action, of the spec, or five minutes', () => {
    assert.equal(timeoutMs(helmRelease({}), 'install'), 300_000);
    assert.equal(timeoutMs(helmRelease({ timeout: '1m' }), 'install'), 60_000);
    assert.equal(timeoutMs(helmRelease({ timeout: '1m', upgrade: { timeout: '2s' } }), 'upgrade'), 2_000);
    assert.equal(timeoutMs(helmRelease({ timeout: '9999999h' })) > 1e12, true);
  });

  it('remedies are as documented', () => {
    const of = (spec: Partial<HelmRelease['spec']>, action: 'install' | 'upgrade') =>
      remediationOf(helmRelease(spec), action);
    assert.deepEqual(of({}, 'install'), {
      strategy: 'uninstall',
      retries: 0,
      ignoreTestFailures: false,
      remediateLastFailure: false,
    });
    assert.deepEqual(of({}, 'upgrade'), {
      strategy: 'rollback',
      retries: 0,
      ignoreTestFailures: false,
      remediateLastFailure: false,
    });
    const retried = {
      upgrade: { remediation: { retries: 2, strategy: 'uninstall' as const } },
      test: { ignoreFailures: true },
    };
    assert.deepEqual(of(retried, 'upgrade'), {
      strategy: 'uninstall',
      retries: 2,
      ignoreTestFailures: true,
      remediateLastFailure: true,
    });
    const refused = {
      upgrade: { remediation: { retries: -1, remediateLastFailure: false, ignoreTestFailures: false } },
      test: { ignoreFailures: true },
    };
    assert.deepEqual(of(refused, 'upgrade'), {
      strategy: 'rollback',
      retries: -1,
      ignoreTestFailures: false,
      remediateLastFailure: false,
    });
  });

  it('failures are tried again without remedy by that strategy, or by the feature gate', () => {
    const strategy = (name: 'RetryOnFailure' | 'RemediateOnFailure', retryInterval?: string) => ({
      install: { strategy: { name, ...(retryInterval === undefined ? {} : { retryInterval }) } },
    });
    const of = (spec: Partial<HelmRelease['spec']>, byDefault: boolean) =>
      retryIntervalMs(helmRelease(spec), 'install', byDefault);
    assert.equal(of({}, false), undefined);
    assert.equal(of({}, true), 300_000);
    assert.equal(of(strategy('RetryOnFailure'), false), 300_000);
    assert.equal(of(strategy('RetryOnFailure', '7s'), false), 7_000);
    assert.equal(of(strategy('RemediateOnFailure'), true), undefined);
  });
});

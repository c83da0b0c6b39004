import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseChallenges, pickChallenge } from './challenge.ts';
import { DockerConfig } from './docker-config.ts';
import { nextPage } from './link-header.ts';
import { parseIndex, parseManifest } from './manifest.ts';
import { OciError } from './oci-error.ts';
import { parseReference, repositoryName } from './reference.ts';
import { retryAfterMs } from './retry.ts';
import { displayUrl, statusError } from './status-error.ts';

const seed = 8;

/** The result, or undefined when it was refused in the way it should be. */
function orRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof OciError, String(error));
    return undefined;
  }
}

describe('parseChallenges', () => {
  it('reads what registries send', () => {
    assert.deepEqual(
      parseChallenges('Bearer realm="https://a/t?x=1,2",service="s",scope="repository:a/b:pull,push"'),
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://a/t?x=1,2', service: 's', scope: 'repository:a/b:pull,push' },
        },
      ].map(({ scheme, parameters }) => ({ scheme, parameters: Object.assign(Object.create(null), parameters) })),
    );
    const several = parseChallenges(['Negotiate', 'BASIC Realm = "a \\"b\\""', 'Bearer realm=x, error=y']);
    assert.deepEqual(
      several.map(({ scheme }) => scheme),
      ['negotiate', 'basic', 'bearer'],
    );
    assert.equal(pickChallenge(several)?.parameters['realm'], 'a "b"');
    assert.equal(pickChallenge(parseChallenges('Digest a=b'))?.scheme, 'digest');
    assert.equal(pickChallenge(parseChallenges(undefined)), undefined);
  });

  it('ends with any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'Bearer ,="\\\t\n;aé') }), (text) => {
        for (const { parameters } of parseChallenges(text)) assert.equal(Object.getPrototypeOf(parameters), null);
      }),
      { seed },
    );
    const started = performance.now();
    parseChallenges(`Bearer ${'a="'.repeat(100_000)}`);
    parseChallenges(`${','.repeat(1_000_000)}`);
    assert.ok(performance.now() - started < 5000);
  });
});

describe('what registries and users write', () => {
  it('is a reference that says the same again, or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'oci://a.b:1@sha256_-#?%[]A ') }), (text) => {
        const parsed = orRefused(() => parseReference(text));
        if (parsed === undefined) return;
        const again = parseReference(
          `${repositoryName(parsed)}${parsed.tag === undefined ? '' : `:${parsed.tag}`}${parsed.digest === undefined ? '' : `@${parsed.digest}`}`,
        );
        assert.deepEqual(again, parsed);
        // What a URL is made of names that host, and no other.
        const url = new URL(`https://${parsed.registry}/v2/${parsed.path}/tags/list`);
        assert.ok(url.pathname.endsWith(`/v2/${parsed.path}/tags/list`) && url.username === '' && url.hash === '');
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('is a manifest, or refused', () => {
    const descriptor = fc.record(
      {
        digest: fc.oneof(fc.string(), fc.constant(`sha256:${'a'.repeat(64)}`)),
        size: fc.anything(),
        platform: fc.anything(),
      },
      { requiredKeys: [] },
    );
    const manifest = fc.record(
      {
        layers: fc.oneof(fc.array(descriptor), fc.anything()),
        manifests: fc.oneof(fc.array(descriptor), fc.anything()),
        config: fc.oneof(descriptor, fc.anything()),
        annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          manifest.map((value) => JSON.stringify(value) ?? ''),
          fc.string(),
        ),
        (text) => {
          const raw = { digest: '', mediaType: '', bytes: Buffer.from(text) };
          for (const { digest } of orRefused(() => parseManifest(raw))?.layers ?? [])
            assert.match(digest, /^sha256:[0-9a-f]{64}$/);
          orRefused(() => parseIndex(raw));
        },
      ),
      { seed },
    );
  });

  it('is a Docker configuration, or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.dictionary(fc.string(), fc.anything()).map((auths) => JSON.stringify({ auths }) ?? ''),
        ),
        (text) => {
          const config = new DockerConfig();
          orRefused(() => config.add(text, 'dockerconfigjson'));
          orRefused(() => config.add(text, 'dockercfg'));
          config.credentialsFor({ registry: 'ghcr.io', path: 'org/app' });
        },
      ),
      { seed },
    );
  });

  it('is a next page at the same host, or refused', () => {
    const from = new URL('https://r.example.org/v2/a/tags/list');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>/;rel="next", .:@?#h\\') }), (text) => {
        const path = orRefused(() => nextPage(text, from));
        if (path !== undefined) assert.equal(new URL(`${from.origin}${path}`).host, from.host);
      }),
      { seed, numRuns: 2000 },
    );
    assert.equal(nextPage('</x>; rel="prev"', from), undefined);
    assert.equal(nextPage(['</x?last=a>; rel="next"'], from), '/x?last=a');
    assert.equal(
      orRefused(() => nextPage('nonsense', from)),
      undefined,
    );
  });

  it('is a time to wait, or none', () => {
    const now = Date.UTC(2026, 0, 1);
    const waits = (value: string | undefined) =>
      retryAfterMs({ headers: value === undefined ? {} : { 'retry-after': value } }, now);
    assert.deepEqual(
      ['3', ' 0 ', 'Thu, 01 Jan 2026 00:00:05 GMT', 'Wed, 31 Dec 2025 00:00:00 GMT', 'soon', '', undefined].map(waits),
      [3000, 0, 5000, 0, undefined, undefined, undefined],
    );
  });

  it('is told in one line', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.integer({ min: 100, max: 599 }), (body, status) => {
        const url = new URL('https://user:pass@r.example.org/v2/?token=secret&scope=a');
        const { message } = statusError({ method: 'GET', url, status, body, secrets: [] });
        assert.ok(!/[\r\n]|pass@|secret/.test(message) && message.length < 700, message);
        assert.equal(displayUrl(url), 'https://r.example.org/v2/?token=REDACTED&scope=a');
      }),
      { seed },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartUrl, indexUrl, normalizedUrl, RepositoryUrlError } from './repository-url.ts';

describe('the URL of a repository', () => {
  it('ends with one slash, that of a registry with none', () => {
    const cases = {
      'https://example.com': 'https://example.com/',
      'https://example.com/charts//': 'https://example.com/charts/',
      'https://example.com/charts?token=x': 'https://example.com/charts/?token=x',
      'oci://example.com/charts/': 'oci://example.com/charts',
      '': '',
    };
    for (const [text, want] of Object.entries(cases)) assert.equal(normalizedUrl(text), want);
    assert.throws(() => normalizedUrl('http://a b/'), RepositoryUrlError);
  });

  it('has its index below it', () => {
    assert.equal(indexUrl('https://example.com/a?b=c').href, 'https://example.com/a/index.yaml?b=c');
  });

  it('is what relative references of charts begin from', () => {
    const cases = [
      ['https://example.com/a', 'c-1.tgz', 'https://example.com/a/c-1.tgz'],
      ['https://example.com/a/?t=1', 'sub/c-1.tgz', 'https://example.com/a/sub/c-1.tgz?t=1'],
      ['https://example.com/a', '/c-1.tgz', 'https://example.com/c-1.tgz'],
      ['https://example.com/a', '../c-1.tgz', 'https://example.com/c-1.tgz'],
      ['https://example.com/a', 'https://other.example.com/c.tgz', 'https://other.example.com/c.tgz'],
    ] as const;
    for (const [base, reference, want] of cases) assert.equal(chartUrl(base, reference).href, want);
    assert.throws(() => chartUrl('https://example.com', 'http://['), RepositoryUrlError);
  });
});

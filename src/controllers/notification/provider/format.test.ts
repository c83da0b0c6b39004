import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NotificationEvent } from '../event.ts';
import { commitOf } from './commit-status.ts';
import { nameAndDescription, titleCase } from './format.ts';
import { parseGitAddress } from './git-address.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';

// The expected values are recorded from notification-controller 2e46958 and golang.org/x/text.
describe('what notifiers make of texts', () => {
  const reasons: readonly (readonly [string, readonly string[], string])[] = [
    ['', [], ''],
    ['lowercase', ['lowercase'], 'Lowercase'],
    ['MyClass', ['My', 'Class'], 'Myclass'],
    ['MyC', ['My', 'C'], 'Myc'],
    ['PDFLoader', ['PDF', 'Loader'], 'Pdfloader'],
    ['AString', ['A', 'String'], 'Astring'],
    ['SimpleXMLParser', ['Simple', 'XML', 'Parser'], 'Simplexmlparser'],
    ['vimRPCPlugin', ['vim', 'RPC', 'Plugin'], 'Vimrpcplugin'],
    ['GL11Version', ['GL', '11', 'Version'], 'Gl11version'],
    ['99Bottles', ['99', 'Bottles'], '99Bottles'],
    ['BFG9000', ['BFG', '9000'], 'Bfg9000'],
    ['BöseÜberraschung', ['Böse', 'Überraschung'], 'Böseüberraschung'],
    ['Two  spaces', ['Two', '  ', 'spaces'], 'Two  Spaces'],
    ['a-b_c', ['a', '-', 'b', '_', 'c'], 'A-B_c'],
    ['ÅÄÖ', ['ÅÄÖ'], 'Åäö'],
    ['x😀Y', ['x', '😀', 'Y'], 'X😀Y'],
    ["don't Panic", ['don', "'", 't', ' ', 'Panic'], "Don't Panic"],
    ['2nd-try', ['2', 'nd', '-', 'try'], '2Nd-Try'],
    ['foo.bar', ['foo', '.', 'bar'], 'Foo.bar'],
    ['a1B2c', ['a', '1', 'B', '2', 'c'], 'A1b2c'],
  ];
  for (const [reason, words, title] of reasons) {
    it(`the reason '${reason}'`, () => {
      const involvedObject = { apiVersion: 'v1', kind: 'K', namespace: 'ns', name: 'N', uid: '' };
      const { name, description } = nameAndDescription({ involvedObject, reason } as NotificationEvent);
      assert.equal(name, 'k/n');
      assert.equal(description, words.join(' ').toLowerCase());
      assert.equal(titleCase(reason), title);
    });
  }

  const addresses: readonly (readonly [string, string, string])[] = [
    ['https://github.com/org/repo.git', 'https://github.com', 'org/repo'],
    ['ssh://git@github.com/org/repo', 'https://github.com', 'org/repo'],
    ['git@github.com:org/repo.git', 'https://github.com', 'org/repo'],
    ['ssh://git@host:2222/org/repo', 'https://host:2222', 'org/repo'],
    ['https://user:pw@host:8443/a/b/c.git', 'https://host:8443', 'a/b/c'],
    ['org/repo', 'file://', 'org/repo'],
    ['host:org/repo', 'https://host', 'org/repo'],
    ['https://host//org/repo', 'https://host', 'org/repo'],
    ['git+ssh://h/o/r', 'git+ssh://h', 'o/r'],
    ['https://h/o%20x/r', 'https://h', 'o x/r'],
    ['http://[::1]:3000/o/r', 'http://[::1]:3000', 'o/r'],
  ];
  for (const [address, origin, id] of addresses) {
    it(`the address ${address}`, () => assert.deepEqual(parseGitAddress(address), { origin, id }));
  }

  for (const before of ['main@sha1:', 'sha1:', 'main/', 'feature/x/', 'HEAD/', '6.1.0@sha1:', '']) {
    it(`the revision ${before}<commit>`, () => assert.equal(commitOf(`${before}${sha}`), sha));
  }
  for (const revision of [
    '',
    'main@sha1:short',
    `main@${sha}`,
    `latest@sha256:${sha}${sha.slice(0, 24)}`,
    `main@sha1:${'../'.repeat(14)}`.slice(0, 50),
  ]) {
    it(`no commit in '${revision}'`, () => {
      const message = `failed to extract commit hash from '${revision}' revision`;
      assert.throws(() => commitOf(revision), { name: 'NotifyError', permanent: true, message });
    });
  }
});

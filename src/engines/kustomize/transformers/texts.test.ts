import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TAG } from '../../../yaml/node.ts';
import { parseNodes } from '../../../yaml/parse-nodes.ts';
import { contentHash } from './hash.ts';
import { splitImage } from './image-tag.ts';
import { insertPart } from './value-add.ts';
import { expandText, type VarValue } from './vars.ts';

const images: readonly (readonly [image: string, name: string, tag: string, digest: string])[] = [
  ['nginx', 'nginx', '', ''],
  ['nginx:1.2', 'nginx', '1.2', ''],
  ['example.com:5000/nginx', 'example.com:5000/nginx', '', ''],
  ['example.com:5000/a/nginx:1.2', 'example.com:5000/a/nginx', '1.2', ''],
  ['nginx@sha256:abc', 'nginx', '', 'sha256:abc'],
  ['example.com:5000/nginx:1.2@sha256:abc', 'example.com:5000/nginx', '1.2', 'sha256:abc'],
];

const values = new Map<string, VarValue | undefined>([
  ['NAME', { text: 'web', tag: TAG.str }],
  ['PORT', { text: '80', tag: TAG.int }],
  ['MAP', undefined],
]);
const expansions: readonly (readonly [text: string, want: string, tag: string])[] = [
  ['$(NAME)', 'web', TAG.str],
  ['$(PORT)', '80', TAG.int],
  ['http://$(NAME):$(PORT)/', 'http://web:80/', TAG.str],
  ['$$(NAME)', '$(NAME)', TAG.str],
  ['$(NONE) $(MAP) $(', '$(NONE) $(MAP) $(', TAG.str],
  ['$NAME $', '$NAME $', TAG.str],
  ['$($(NAME))', '$($(NAME))', TAG.str],
];

describe('texts that transformers take apart', () => {
  for (const [image, name, tag, digest] of images)
    it(`image ${image}`, () => assert.deepEqual(splitImage(image), { name, tag, digest }));

  for (const [text, want, tag] of expansions)
    it(`variables in ${text}`, () => assert.deepEqual(expandText(text, values), { text: want, tag }));

  it('parts of paths', () => {
    assert.equal(insertPart('a/b', 1, 'x'), 'a/x/b');
    assert.equal(insertPart('/a/b', 0, 'x'), '/x/a/b');
    assert.equal(insertPart('a', 9, 'x'), 'a/x');
  });
});

describe('hashes of contents', () => {
  const hash = (text: string): string => {
    const [node] = parseNodes(text);
    assert.ok(node !== undefined);
    return contentHash(node);
  };

  it('are those of the original', () => {
    assert.equal(hash('kind: ConfigMap\nmetadata: {name: any}\ndata: {}\n'), '42745tchd9');
    assert.equal(hash('kind: ConfigMap\ndata: {one: ""}\n'), '9g67k2htb6');
  });

  it('depend on contents only', () => {
    const text = 'kind: Secret\ntype: Opaque\ndata: {a: YQ==, b: Yg==}\n';
    assert.equal(
      hash(text),
      hash('kind: Secret\nmetadata: {labels: {x: z}}\ndata: {b: Yg==, a: YQ==}\ntype: Opaque\n'),
    );
    assert.notEqual(hash(text), hash(text.replace('Opaque', 'other')));
  });
});

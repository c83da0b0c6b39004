import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validateSchema } from './schema-validate.ts';

/** The words are held to the original's by src/cli/template.test.ts. */
describe('validateSchema', () => {
  const check = (schema: unknown, data: unknown): string | undefined => validateSchema(JSON.stringify(schema), data);

  it('follows no reference to another document', () => {
    for (const $ref of [
      'https://example.test/s.json',
      'http://169.254.169.254/',
      'file:///etc/passwd',
      'other.json#/a',
    ])
      assert.match(
        check({ properties: { a: { $ref } } }, { a: 1 }) ?? '',
        /references to other documents are not followed/,
      );
  });

  it('matches any pattern in linear time', () => {
    assert.match(check({ pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`) ?? '', /does not match pattern/);
  });

  it('ends a schema that refers to itself', () => {
    assert.match(check({ $ref: '#' }, 1) ?? '', /nested more than/);
    assert.match(check({ anyOf: [{ $ref: '#' }, { $ref: '#' }] }, 1) ?? '', /nested more than|more than \d+ steps/);
  });

  it('ends a schema that grows with every level', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => [
        `d${level}`,
        level === 39 ? false : { anyOf: Array(4).fill({ $ref: `#/$defs/d${level + 1}` }) },
      ]),
    );
    assert.match(check({ $defs, $ref: '#/$defs/d0' }, 1) ?? '', /more than \d+ steps/);
  });

  it('takes names of prototypes for names', () => {
    assert.equal(
      check({ properties: { a: { type: 'string' } } }, JSON.parse('{"__proto__":1,"constructor":2}')),
      undefined,
    );
    assert.match(check({ required: ['toString'] }, {}) ?? '', /missing property 'toString'/);
    assert.match(
      check({ additionalProperties: false }, JSON.parse('{"__proto__":1}')) ?? '',
      /'__proto__' not allowed/,
    );
  });
});

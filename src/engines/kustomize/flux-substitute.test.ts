// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such texts are what is tested
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BuildError } from './build-error.ts';
import { substituteObject, substituteObjects } from './flux-substitute.ts';

const object = (data: unknown, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  data,
});
const vars = new Map([
  ['name', 'value'],
  ['number', '5'],
  ['lines', 'a\nb'],
]);

describe('substitution in objects', () => {
  it('decides types anew', () => {
    const { data } = substituteObject(
      object({
        a: '${name}',
        b: '${number}',
        c: '${none:=true}',
        d: 'x${number}',
        e: '$${name}',
        f: '${none}',
        g: '${lines}',
        h: '${name^^}',
      }),
      vars,
    );
    assert.deepEqual(data, { a: 'value', b: 5, c: true, d: 'x5', e: '${name}', f: null, g: 'ab', h: 'VALUE' });
  });

  it('replaces in keys too', () => {
    assert.deepEqual(substituteObject(object({ '${name}': 1 }), vars)['data'], { value: 1 });
  });

  it('leaves objects alone that opt out', () => {
    for (const where of ['labels', 'annotations']) {
      const own = object({ a: '${name}' }, { [where]: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } });
      assert.equal(substituteObject(own, vars), own);
    }
  });

  it('does nothing without variables, unless it always shall', () => {
    const own = object({ a: '${none:-x}' });
    assert.equal(substituteObject(own, new Map()), own);
    assert.deepEqual(substituteObject(own, new Map(), { always: true })['data'], { a: 'x' });
  });

  it('refuses names that are none, and missing values when strict', () => {
    assert.throws(() => substituteObject(object({}), new Map([['a-b', '']])), /'a-b' var name is invalid/);
    assert.throws(() => substituteObject(object({ a: '${none}' }), vars, { strict: true }), /none/);
    assert.throws(() => substituteObject(object({ a: '${name' }), vars), BuildError);
    assert.throws(() => substituteObject(object({ a: '${name}' }), new Map([['name', '"x" y']])), BuildError);
  });

  it('refuses two objects with one id', () => {
    const named = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    assert.throws(() => substituteObjects([named('value'), named('${name}')], vars), /matched 2 resources/);
    assert.equal(substituteObjects([named('a'), named('${name}')], vars).length, 2);
  });

  it('gives an object or a BuildError, whatever comes', () => {
    const text = fc
      .array(fc.constantFrom('$', '{', '}', 'name', ':-', '/', '#', '"', "'", '\n', ': ', '- ', '__proto__', '\\'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(text, text), text, (data, value) => {
        try {
          substituteObject(object(data), new Map([['name', value]]), { always: true });
        } catch (error) {
          assert.ok(error instanceof BuildError, String((error as Error).stack));
        }
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});

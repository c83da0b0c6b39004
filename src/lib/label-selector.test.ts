import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLabelSelector } from './label-selector.ts';

const labels = { app: 'web', tier: 'front', 'x.io/n': '7', empty: '' };

const cases: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['app', true],
  ['absent', false],
  ['!absent', true],
  ['!app', false],
  ['app=web', true],
  ['app == web , tier=front', true],
  ['app=web,tier=back', false],
  ['app!=web', false],
  ['absent!=x', true],
  ['app in (db, web)', true],
  ['app notin (db,web)', false],
  ['absent notin (a)', true],
  ['app in (web),tier in (front,back)', true],
  ['empty=', true],
  ['empty in (,a)', true],
  ['x.io/n>6', true],
  ['x.io/n < 7', false],
  ['app>1', false],
  ['toString', false],
];

test('matches as k8s.io/apimachinery labels do', () => {
  for (const [selector, want] of cases) assert.equal(parseLabelSelector(selector)(labels), want, selector);
});

test('refuses what is no selector', () => {
  for (const selector of [
    ',',
    'a,',
    ',a',
    'a in',
    'a in b',
    'a in (b',
    'a=b=c',
    'a b',
    '!',
    '!a=b',
    'a>x',
    '-a',
    'a=-b',
    'a in (b c)',
    'in (a)',
    'a)',
    '=a',
  ]) {
    assert.throws(() => parseLabelSelector(selector), SyntaxError, selector);
  }
});

test('any text gives a matcher or a SyntaxError', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab!=<>(), in]*$/), (selector) => {
      try {
        return typeof parseLabelSelector(selector)(labels) === 'boolean';
      } catch (error) {
        return error instanceof SyntaxError;
      }
    }),
    { seed: 1 },
  );
});

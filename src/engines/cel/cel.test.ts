import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rawNumber } from '../../lib/json.ts';
import { CelError, compileExpr, compileStringExpr, compileValueExpr, parseExpr, prepared } from './cel.ts';

const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };

interface Answer {
  readonly expr: string;
  readonly self?: unknown;
  readonly dep?: unknown;
  readonly want: boolean;
}

const answers: readonly Answer[] = [
  { expr: "dep.metadata.labels['ver'] == self.metadata.labels['ver']", ...versions('1', '1'), want: true },
  { expr: "dep.metadata.labels['ver'] == self.metadata.labels['ver']", ...versions('1', '2'), want: false },
  { expr: "dep.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')", dep: ready, want: true },
  { expr: "dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')", dep: ready, want: true },
  { expr: 'dep.status.conditions.map(c, c.type).exists_one(t, t == "Ready")', dep: ready, want: true },
  { expr: 'size(dep.status.conditions) == 1', dep: ready, want: true },
  { expr: 'has(self.a) && !has(self.b)', self: { a: null, b: undefined }, want: true },
  { expr: 'self.?a.?b.orValue(3) + 1 == 4', self: {}, want: true },
  { expr: 'self.n == dep.n && type(self.n) == int', self: { n: 2 }, dep: { n: 2 }, want: true },
  { expr: 'self.n > 1.5 && self.f < 2', self: { n: 2, f: 1.5 }, want: true },
  { expr: 'self.n == 9223372036854775807', self: { n: rawNumber('9223372036854775807') }, want: true },
  { expr: '-9223372036854775808 < 0', want: true },
  { expr: 'self.n - (4 - 1) * 2 == 4 && -(self.n) == -10 && !(self.n != 10)', self: { n: 10 }, want: true },
  { expr: 'self.n > 1 ? self.n > 2 ? false : true : false', self: { n: 2 }, want: true },
  { expr: String.raw`self.v.matches(r'^v\d+$') && !self.v.matches("x")`, self: { v: 'v12' }, want: true },
  { expr: "'a-b'.replace('-', '+') == 'a+b' && 'abc'.charAt(1) == 'b' && 'abc'.reverse() == 'cba'", want: true },
  { expr: "'a,b'.split(',').join(';') + 'c' == 'a;bc'", want: true },
  { expr: "'x' in self.m && 2 in [1, 2] && {'a': 1}['a'] == 1", self: { m: { x: 1 } }, want: true },
  { expr: "timestamp('2020-01-01T00:00:00Z') + duration('1h') == timestamp('2020-01-01T01:00:00Z')", want: true },
  { expr: 'true || self.absent.absent', self: {}, want: true },
  { expr: '"\\u00e9\\n" == self.v', self: { v: 'é\n' }, want: true },
];

function versions(a: string, b: string): { self: unknown; dep: unknown } {
  return { self: { metadata: { labels: { ver: a } } }, dep: { metadata: { labels: { ver: b } } } };
}

test('answers what cel-go answers', () => {
  for (const { expr, self = {}, dep = {}, want } of answers) {
    assert.equal(compileExpr(expr, ['self', 'dep']).evaluateBoolean({ self, dep }), want, expr);
  }
});

const wrong: readonly (readonly [expr: string, message: string])[] = [
  [
    'dep.metadata.',
    "failed to parse the CEL expression 'dep.metadata.': ERROR: <input>:1:14: Syntax error: no viable alternative at input '.'\n | dep.metadata.\n | .............^",
  ],
  [
    'true &&\n foo == 1',
    "failed to parse the CEL expression 'true &&\n foo == 1': ERROR: <input>:2:2: undeclared reference to 'foo' (in container '')\n |  foo == 1\n | .^",
  ],
  ['self.ready', 'CEL expression output type mismatch: expected bool, got dyn'],
  ['1 + 1', 'CEL expression output type mismatch: expected bool, got int'],
  [
    '',
    "failed to parse the CEL expression '': ERROR: <input>:1:1: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | \n | ^",
  ],
];

test('tells where an expression is wrong', () => {
  for (const [expr, message] of wrong) {
    assert.throws(() => compileExpr(expr, ['self', 'dep']), { name: 'CelError', code: 'Syntax', message });
  }
});

test('refuses names that upstream lacks and names of its own', () => {
  for (const expr of ['cel.bind(x, 1, true)', '__go()', '[1].all(x, __go())', 'self.a == __step(1)', '1 + "a" == 1']) {
    assert.throws(() => compileExpr(expr, ['self']), { code: 'Syntax' }, expr);
  }
});

const failing: readonly (readonly [expr: string, self: unknown, message: RegExp])[] = [
  ['self.a.b == 1', {}, /^failed to evaluate the CEL expression 'self\.a\.b == 1': no such key: a$/],
  ['self.a && true', { a: 'secret-value' }, /bool/],
  ["self.a.matches('(')", { a: 'x' }, /invalid regular expression/],
  ['self.a > 1', { a: 'x' }, /no such overload/],
  ['self.a / 0 == 1', { a: 1 }, /division by zero/],
  ['self.constructor == 1', {}, /no such key/],
];

test('fails on values that do not fit, without quoting them', () => {
  for (const [expr, self, message] of failing) {
    assert.throws(() => compileExpr(expr, ['self']).evaluateBoolean({ self }), { code: 'Evaluation', message }, expr);
  }
});

const doubling = '.map(a, a + a)'.repeat(60);
const bombs: readonly (readonly [what: string, expr: string])[] = [
  ['nested loops', 'self.l.all(a, self.l.all(b, self.l.all(c, true)))'],
  ['nested loops whose bodies fail', 'self.l.all(a, self.l.all(b, self.l.all(c, 1 / 0 == 1)))'],
  ['loops that look for nothing', 'self.l.exists(a, self.l.exists(b, self.l.exists(c, false)))'],
  ['loops hidden behind an or', 'self.l.map(a, self.l.map(b, self.l.map(c, 1))).size() == 0 || true'],
  ['texts that double', `['aaaaaaaa']${doubling}[0] == 'x'`],
  ['lists that double', `[[1, 2]]${doubling}[0] == []`],
  [
    'texts that double, with the error swallowed',
    `true || ['aaaaaaaa']${doubling}[0] == 'x' || ['aaaaaaaa']${doubling}[0] == 'x'`,
  ],
  ['joins', '[self.t.split("").join(self.t)][0] == "x"'],
  ['replacements', 'self.t.replace("a", self.t) == "x"'],
  ['regular expressions', 'self.l.map(a, self.t.matches("(a+)+$")).size() == 3'],
];

test('no expression takes more than its budget', () => {
  const self = { l: Array.from({ length: 300 }, (_, i) => i), t: 'a'.repeat(20_000) };
  for (const [what, expr] of bombs) {
    const start = performance.now();
    try {
      // An `or` that is decided by its left side never looks at the right one.
      assert.equal(compileExpr(expr, ['self']).evaluateBoolean({ self }), true, what);
      assert.match(expr, /^true \|\|/, what);
    } catch (error) {
      assert.ok(error instanceof CelError && error.code === 'Budget', `${what}: ${String(error)}`);
    }
    assert.ok(performance.now() - start < 3_000, `${what} took ${performance.now() - start} ms`);
  }
});

test('an expression can be used again after it ran out of budget', () => {
  const expr = compileExpr('self.l.all(a, self.l.all(b, true))', ['self'], {
    maxSteps: 100,
    maxSize: 100,
    maxMs: 10_000,
  });
  const list = (length: number): unknown => ({ l: Array.from({ length }, () => 1) });
  assert.throws(() => expr.evaluateBoolean({ self: list(50) }), { code: 'Budget' });
  assert.equal(expr.evaluateBoolean({ self: list(5) }), true);
});

test('size is bounded', () => {
  assert.throws(() => compileExpr(`true ${'|| true '.repeat(2_000)}`, []), { code: 'Budget' });
  assert.throws(() => compileExpr(`${'('.repeat(500)}true${')'.repeat(500)}`, []), { code: 'Syntax' });
});

test('health expressions take every top-level field as a variable', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, boolean | 'Evaluation'])[] = [
    ["data.state == 'good'", { data: { state: 'good' } }, true],
    ['status.ready', { status: { ready: true } }, true],
    ['has(data.x)', { data: {} }, false],
    ['data.x == 1', { kind: 'A' }, 'Evaluation'],
    ['kind', { kind: 'A' }, 'Evaluation'],
  ];
  for (const [expr, object, want] of cases) {
    if (want === 'Evaluation') assert.throws(() => parseExpr(expr).evaluateBoolean(object), { code: want }, expr);
    else assert.equal(parseExpr(expr).evaluateBoolean(object), want, expr);
  }
  assert.throws(() => parseExpr('data.state =='), { code: 'Syntax' });
});

test('any text is an expression or a CelError', () => {
  const token = fc.constantFrom(
    'self',
    '.a',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '+',
    '-',
    '&&',
    '||',
    '!',
    '1',
    '"x"',
    ',',
    '.all(',
    'x',
    '?',
    ':',
    '\n',
    '__go()',
    "'",
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
      try {
        return typeof compileExpr(tokens.join(' '), ['self']).evaluateBoolean({ self: { a: [1] } }) === 'boolean';
      } catch (error) {
        return error instanceof CelError;
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('a value of any type comes back as JSON has it', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['1 + 1', 2],
    ['9223372036854775807', rawNumber('9223372036854775807')],
    ["{'a': [1, 2], 'b': [3]}", { a: [1, 2], b: [3] }],
    ['self.a.b', 'c'],
    ['self', { a: { b: 'c' } }],
  ];
  for (const [text, want] of cases) {
    assert.deepEqual(compileValueExpr(text, ['self']).evaluate({ self: { a: { b: 'c' } } }), want, text);
  }
  assert.throws(() => compileValueExpr('self.a.', ['self']), { code: 'Syntax' });
  assert.throws(() => compileValueExpr('self.b', ['self']).evaluate({ self: {} }), { code: 'Evaluation' });
});

test('what is prepared means the same, and is not looked through again', () => {
  const value = { n: 1, list: [{ n: 2 }] };
  const self = prepared(value);
  assert.equal(compileExpr('self.n == 1 && self.list[0].n == 2', ['self']).evaluateBoolean({ self }), true);
  assert.deepEqual(value, { n: 1, list: [{ n: 2 }] });
});

// Which ones are accepted is recorded from fluxcd/pkg runtime/cel v0.111.0.
test('an expression for a text gives one, and is refused when it may give something else', () => {
  const self = { a: 'A', b: 'b' };
  for (const [text, want] of [
    ["self.a + '/' + self.b", 'A/b'],
    ['string(self.a)', 'A'],
    ["(self.a + '/' + self.b).lowerAscii()", 'a/b'],
    ["['x', 'y'].join('-')", 'x-y'],
    ["self.a.split('/')[0]", 'A'],
  ] as const) {
    assert.equal(compileStringExpr(text, ['self']).evaluateString({ self }), want, text);
  }
  for (const [text, got] of [
    ['self.a', 'dyn'],
    ['self.a + self.b', 'dyn'],
    ["self.?a.orValue('x')", 'dyn'],
    ['1', 'int'],
  ] as const) {
    const message = `CEL expression output type mismatch: expected string, got ${got}`;
    assert.throws(() => compileStringExpr(text, ['self']), { code: 'Syntax', message }, text);
  }
  assert.throws(() => compileStringExpr("'x' + self.none", ['self']).evaluateString({ self }), { code: 'Evaluation' });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such texts are what is tested
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ExecError } from '../../gotemplate/exec/exec-error.ts';
import { LimitError } from '../../gotemplate/exec/limits.ts';
import { ParseError } from '../../gotemplate/parse/parse.ts';
import { TemplateSet } from '../../gotemplate/template-set.ts';
import { GoMap, GoSlice, int, type Value } from '../../gotemplate/value/values.ts';
import { helmFunctions } from './table.ts';
import { templateValue } from './yaml.ts';

const seed = 20_261_122;
const host = { now: () => 1_700_000_000_123, random: (count: number) => new Uint8Array(count).fill(7) };
const limits = { maxSteps: 20_000, maxUnits: 4 << 20, maxMs: 2000 };

/** Slow by design, or nothing without a platform. */
const left = new Set(['bcrypt', 'htpasswd', 'derivePassword', 'genPrivateKey']);
const names = [
  ...helmFunctions.keys(),
  'printf',
  'print',
  'index',
  'slice',
  'len',
  'eq',
  'lt',
  'html',
  'js',
  'urlquery',
];
const name = fc.constantFrom(...names.filter((one) => !left.has(one)));

const hostile = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '', 'a', 'b');
const text = fc.oneof(
  hostile,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '1.2.3',
    '>=1.0.0-0',
    '2006-01-02',
    '(a*)*',
    '[',
    '%5.3d%v%q%[2]*x',
    'http://u:p@h:1/p?q#f',
    '1h2m',
    'a: [b',
  ),
);
const literal = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  fc.integer({ min: -3, max: 40 }).map(String),
  fc.constantFrom(
    '1.5',
    '-0.0',
    '1e300',
    '9223372036854775807',
    "'x'",
    '2i',
    'true',
    'false',
    'nil',
    '.',
    '$',
    '.m',
    '.l',
    '.no',
    '.m.__proto__',
    '$d',
  ),
);
const { call } = fc.letrec<{ call: string; argument: string }>((tie) => ({
  argument: fc.oneof(
    { depthSize: 'small' },
    literal,
    tie('call').map((inner) => `(${inner})`),
  ),
  call: fc.tuple(name, fc.array(tie('argument'), { maxLength: 4 })).map(([fun, given]) => [fun, ...given].join(' ')),
}));
const pipeline = fc.array(call, { minLength: 1, maxLength: 3 }).map((calls) => calls.join(' | '));
const { statement } = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small' },
    pipeline.map((one) => `{{ ${one} }}`),
    pipeline.map((one) => `{{ $d = ${one} }}`),
    pipeline.map((one) => `{{ $_ := set $d "self" $d }}{{ ${one} }}`),
    fc.tuple(pipeline, tie('statement')).map(([one, body]) => `{{ if ${one} }}${body}{{ else }}x{{ end }}`),
    fc
      .tuple(pipeline, tie('statement'))
      .map(([one, body]) => `{{ range $k, $v := ${one} }}${body}{{ break }}{{ end }}`),
    fc.tuple(pipeline, tie('statement')).map(([one, body]) => `{{ with ${one} }}${body}{{ end }}`),
    fc.tuple(hostile, tie('statement')).map(([one, body]) => `{{ block ${JSON.stringify(one)} . }}${body}{{ end }}`),
    hostile.map((one) => `{{ template ${JSON.stringify(one)} . }}{{ include ${JSON.stringify(one)} . }}`),
  ),
}));

function data(): Value {
  const map = new GoMap(
    new Map<string, Value>([
      ['__proto__', 'p'],
      ['constructor', int(1)],
      ['a', null],
      ['b', new GoSlice(['x', int(2), 1.5, null, true])],
    ]),
  );
  return new GoMap(
    new Map<string, Value>([
      ['m', map],
      ['l', new GoSlice([map, 'x', new GoSlice([])])],
    ]),
  );
}

/** Executes a text; anything but an error of templates fails the test. */
function execute(template: string): void {
  const set = new TemplateSet(helmFunctions);
  try {
    set.parse('fuzz.yaml', template);
    set.execute('fuzz.yaml', data(), { host, limits, now: () => performance.now() });
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof ExecError || error instanceof LimitError)) throw error;
  }
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  assert.equal(Object.keys(Object.prototype).length, 0);
}

describe('templates of all functions', () => {
  it('end in output or an error of theirs', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), (statements) =>
        execute(`{{ $d := dict "a" 1 "__proto__" (dict "polluted" true) }}${statements.join('\n')}`),
      ),
      { seed, numRuns: 1500 },
    );
  });
  it('call every function with anything', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(name, fc.array(literal, { maxLength: 5 }), (fun, given) =>
        execute(`{{ $d := dict "a" 1 }}{{ ${[fun, ...given].join(' ')} }}`),
      ),
      { seed, numRuns: 4000 },
    );
  });
  it('read back what they write', () => {
    // YAML has no negative zero among the whole numbers.
    const json = fc.json({ maxDepth: 4 }).map((written): unknown => JSON.parse(written.replace(/-0(?![.\d])/g, '0')));
    fc.assert(
      fc.property(json, (value) => {
        const set = new TemplateSet(helmFunctions);
        set.parse(
          't',
          '{{ toJson .v }}{{ "\\n" }}{{ (dict "v" .v | toJson | fromJson).v | toJson }}{{ "\\n" }}{{ (dict "v" .v | toYaml | fromYaml).v | toJson }}',
        );
        const output = set.execute('t', new GoMap(new Map([['v', templateValue(value)]])), { host });
        const [written, json_, yaml] = output.split('\n');
        assert.equal(json_, written);
        assert.equal(yaml, written);
      }),
      { seed, numRuns: 300 },
    );
  });
});

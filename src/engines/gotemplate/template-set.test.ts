import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExecError, FunctionError } from './exec/exec-error.ts';
import { LimitError } from './exec/limits.ts';
import { ParseError } from './parse/parse.ts';
import { TemplateSet } from './template-set.ts';
import { goFunction } from './value/signature.ts';
import { GoMap, GoStruct, int, type Value } from './value/values.ts';

function rendered(files: Readonly<Record<string, string>>, name: string, dot?: Value): string {
  const set = new TemplateSet();
  for (const [file, text] of Object.entries(files)) set.parse(file, text);
  return set.execute(name, dot);
}

describe('a set of templates', () => {
  it('lets a later definition replace an earlier one, unless it is empty', () => {
    const define = (text: string) => `{{ define "a" }}${text}{{ end }}`;
    assert.equal(rendered({ one: define('1'), two: define('2') }, 'a'), '2');
    assert.equal(rendered({ one: define('1'), two: define(' \n{{/* nothing */}}') }, 'a'), '1');
    assert.equal(rendered({ one: 'first', two: '' }, 'one'), 'first');
  });
  it('keeps variables apart in parts that are compiled when they are executed', () => {
    const recursive =
      '{{ define "a" }}{{ $x := .v }}{{ with .next }}{{ $y := $x }}{{ template "a" . }}{{ $x }}{{ $y }}{{ else }}{{ $x = "e" }}{{ $x }}{{ end }}{{ $x }};{{ end }}';
    const map = (v: string, next?: Value): GoMap =>
      new GoMap(
        new Map<string, Value>([
          ['v', v],
          ['next', next],
        ]),
      );
    assert.equal(rendered({ f: recursive }, 'a', map('1', map('2', map('3')))), 'ee;222;111;');
    const nested =
      '{{ $x := 1 }}{{ if true }}{{ if $x }}{{ $x := 2 }}{{ if true }}{{ $x }}{{ end }}{{ end }}{{ $x }}{{ end }}';
    assert.equal(rendered({ f: nested }, 'f'), '21');
  });
  it('finds templates that are parsed after what uses them', () => {
    assert.equal(
      rendered({ one: '{{ template "late" 1 }}', two: '{{ define "late" }}<{{ . }}>{{ end }}' }, 'one'),
      '<1>',
    );
  });
  it('is not changed by a file that cannot be parsed', () => {
    const set = new TemplateSet();
    set.parse('good', '{{ define "a" }}1{{ end }}');
    assert.throws(() => set.parse('bad', '{{ define "a" }}2{{ end }}{{ define "b" }}3{{ end }}{{ nope }}'), ParseError);
    assert.deepEqual(set.names(), ['a', 'good']);
    assert.equal(set.execute('a', undefined), '1');
  });
  it('names the file and the line of what cannot be parsed', () => {
    const set = new TemplateSet();
    assert.throws(() => set.parse('dir/f.yaml', 'a\nb {{ if }}{{ end }}'), {
      message: 'template: dir/f.yaml:2: missing value for if',
    });
  });
  it('is extended by a text without seeing it', () => {
    const set = new TemplateSet();
    set.parse('f', '{{ define "a" }}1{{ end }}');
    const more = set.withText(
      'gotpl',
      '{{ define "a" }}2{{ end }}{{ define "b" }}3{{ end }}{{ template "a" }}{{ template "b" }}',
    );
    assert.equal(more.execute('gotpl', undefined), '23');
    assert.equal(set.execute('a', undefined), '1');
    assert.equal(set.has('b'), false);
  });
  it('takes names that objects of JavaScript have for what they are', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    for (const name of names) {
      assert.equal(
        rendered(
          { f: `{{ define "${name}" }}{{ .${name} }}{{ end }}{{ template "${name}" . }}` },
          'f',
          new GoMap(new Map([[name, 'own']])),
        ),
        'own',
      );
      assert.equal(rendered({ f: `{{ .${name} }}{{ with .${name} }}bad{{ end }}` }, 'f', new GoMap()), '<no value>');
      assert.equal(rendered({ f: `{{ $${name} := 1 }}{{ $${name} }}` }, 'f'), '1');
      assert.throws(() => rendered({ f: `{{ ${name} }}` }, 'f'), {
        message: `template: f:1: function "${name}" not defined`,
      });
      assert.throws(() => rendered({ f: `{{ template "${name}" }}` }, 'f'), ExecError);
    }
  });
});

describe('functions of a program', () => {
  const functions = new Map([
    ['greet', goFunction('(string, ...any) string', ([name, ...rest]) => `hello ${String(name)} and ${rest.length}`)],
    [
      'refuse',
      goFunction('() (string, error)', () => {
        throw new FunctionError('not today');
      }),
    ],
    [
      'broken',
      goFunction('() string', () => {
        throw new TypeError('a mistake');
      }),
    ],
    ['len', goFunction('(any) int', () => int(42))],
    ['hosted', goFunction('() string', (_, { host }) => String(host))],
  ]);
  const execute = (text: string, dot?: Value): string => {
    const set = new TemplateSet(functions);
    set.parse('f', text);
    return set.execute('f', dot, { host: 'the host' });
  };
  it('are called with what their signatures take', () => {
    assert.equal(execute('{{ greet "you" 1 nil }}'), 'hello you and 2');
    assert.throws(() => execute('{{ greet }}'), /wrong number of args for greet: want at least 1 got 0/);
    assert.throws(() => execute('{{ greet 1 }}'), /expected string; found 1/);
  });
  it('hide builtins, and see the host', () => {
    assert.equal(execute('{{ len "x" }} {{ hosted }}'), '42 the host');
  });
  it('end the execution with the place of the call', () => {
    assert.throws(
      () => execute('\n é {{ refuse }}'),
      (error: unknown) => {
        assert.ok(error instanceof ExecError);
        assert.equal(error.message, 'template: f:2:7: executing "f" at <refuse>: error calling refuse: not today');
        assert.deepEqual(error.at, { file: 'f', line: 2, column: 7, template: 'f' });
        return true;
      },
    );
    assert.throws(() => execute('{{ broken }}'), TypeError);
  });
  it('can be methods and fields of values', () => {
    const methods = new Map([['Add', () => goFunction('(int) int', ([n]) => n)]]);
    const value = new GoStruct('*pkg.T', new Map<string, Value>([['Field', 'f']]), { methods });
    assert.equal(execute('{{ .Add 3 }} {{ .Field }}', value), '3 f');
    assert.throws(() => execute('{{ .Field 1 }}', value), /Field has arguments but cannot be invoked as function/);
    assert.throws(() => execute('{{ .Other }}', value), /can't evaluate field Other in type \*pkg.T/);
  });
});

describe('limits', () => {
  const deep = (depth: number) => '{{ if . }}'.repeat(depth) + '{{ end }}'.repeat(depth);
  const cases: readonly { readonly name: string; readonly text: string; readonly reason: RegExp }[] = [
    { name: 'steps', text: '{{ range 1000000000 }}{{ end }}', reason: /more than 1000 steps/ },
    { name: 'output', text: '{{ range 90 }}{{ printf "%1000d" 1 }}{{ end }}', reason: /output is too large/ },
    { name: 'widths', text: '{{ printf "%1000000d" 1 | len }}', reason: /output is too large/ },
    {
      name: 'depth',
      text: '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
      reason: /maximum template depth \(50\)/,
    },
  ];
  for (const { name, text, reason } of cases)
    it(`end an execution of too many ${name}, and say where`, () => {
      const set = new TemplateSet();
      set.parse('f', text);
      const limits = { maxSteps: 1000, maxUnits: 100_000, maxDepth: 50 };
      assert.throws(
        () => set.execute('f', undefined, { limits }),
        (error: unknown) => {
          assert.ok(error instanceof LimitError);
          assert.match(error.message, /^template: f:1:\d+: executing "\w" at </);
          assert.match(error.message, reason);
          assert.equal(error.at.file, 'f');
          return true;
        },
      );
    });
  it('end an execution that takes too long', () => {
    const set = new TemplateSet();
    set.parse('f', '{{ range 1000000000 }}{{ end }}');
    let clock = 0;
    assert.throws(() => set.execute('f', undefined, { limits: { maxMs: 3 }, now: () => clock++ }), /more than 3 ms/);
  });
  it('turn the end of the stack into an error', () => {
    const set = new TemplateSet();
    set.parse('f', '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}');
    assert.throws(() => set.execute('f', undefined, { limits: { maxDepth: 1e9 } }), LimitError);
  });
  it('bound the nesting of what is parsed', () => {
    const set = new TemplateSet();
    set.parse('f', deep(250));
    assert.equal(set.execute('f', undefined), '');
    assert.throws(() => set.parse('g', deep(100_000)), ParseError);
    assert.throws(() => set.parse('g', '{{ block "b" . }}'.repeat(100_000)), ParseError);
    assert.throws(() => set.parse('g', `{{ ${'('.repeat(100_000)}`), ParseError);
  });
});

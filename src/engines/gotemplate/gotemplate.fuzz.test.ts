import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ExecError } from './exec/exec-error.ts';
import { LimitError } from './exec/limits.ts';
import { sprintf } from './fmt/printf.ts';
import { ParseError } from './parse/parse.ts';
import { quote, unquote } from './parse/quote.ts';
import { TemplateSet } from './template-set.ts';
import { byteLength, fromBytes, toBytes } from './value/go-text.ts';
import { GoBytes, GoInt, GoMap, GoSlice, int, nilSlice, type Value } from './value/values.ts';

const seed = 20_261_122;

const real = [
  '{{- define "app.labels" -}}\napp: {{ .name | printf "%q" }}\n{{- with .l }}\nl: {{ . }}\n{{- end }}\n{{- end -}}',
  '{{ range $i, $e := .l }}{{ if and $i (gt $i 0) }}, {{ end }}{{ $e }}{{ else }}none{{ end }}',
  '{{ template "app.labels" . }}{{ block "b" .m }}{{ .a }}{{ end }}{{/* note */}}',
  '{{ $x := 0x1F }}{{ $x = 1.5e3 }}{{ if eq $x 1500.0 }}{{ break }}{{ else if not .no }}`{{ `raw` }}{{ end }}',
] as const;
const pieces = fc.constantFrom(
  ...['{{', '}}', '{{-', '-}}', ' - ', '(', ')', '|', ':=', '=', ',', '.', '$', '$x', '"', '`', "'", '/*', '*/', '\n'],
  ...['if', 'else', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'continue', 'nil', 'true', 'len'],
  ...['1', '0x', '1e', '1i', '1+2i', '"a"', '.a.b', '__proto__', 'constructor', '\u0000', '\ud800', 'é', '😀'],
);
/** A real template with parts cut out, doubled and put in. */
const mutated = fc
  .tuple(fc.constantFrom(...real), fc.array(fc.tuple(fc.nat(200), fc.nat(20), pieces), { maxLength: 4 }))
  .map(([template, edits]) =>
    edits.reduce<string>((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), template),
  );
const template = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `{{${text}`),
  fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join(' ')),
  fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
  mutated,
);

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(
    undefined,
    null,
    true,
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    nilSlice(),
    new GoMap(),
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(int),
  fc.nat(255).map((byte) => new GoInt('uint8', BigInt(byte))),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => new GoBytes(bytes)),
  fc.array(fc.string(), { maxLength: 3 }).map((items) => new GoSlice([...items, null])),
);

describe('the text of a template', () => {
  it('parses or ends in a ParseError, executes or ends in an ExecError', { timeout: 60_000 }, () => {
    const data = new GoMap(
      new Map<string, Value>([
        ['name', 'x'],
        ['l', new GoSlice(['a', int(1), null])],
      ]),
    );
    fc.assert(
      fc.property(template, (text) => {
        const set = new TemplateSet();
        try {
          set.parse('fuzz', text);
          set.execute('fuzz', data, { limits: { maxSteps: 10_000, maxDepth: 100 } });
        } catch (error) {
          if (!(error instanceof ParseError || error instanceof ExecError || error instanceof LimitError)) throw error;
          assert.match(error.message, /^template: /);
        }
      }),
      { seed, numRuns: 5000 },
    );
  });
});

describe('formats', () => {
  const format = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc
      .tuple(
        fc.stringMatching(/^[-+# 0]{0,3}$/),
        fc.constantFrom('', '5', '*', '[2]', '[1]*', '1000001'),
        fc.constantFrom('', '.', '.3', '.*', '.[2]*'),
        fc.constantFrom(...'vTtbcdoOqxXUeEfFgGspz%!w😀'),
      )
      .map((parts) => `%${parts.join('')}`),
  );
  it('print something for every value', () => {
    fc.assert(
      fc.property(fc.array(format, { maxLength: 3 }), fc.array(value, { maxLength: 3 }), (formats, args) => {
        assert.equal(typeof sprintf(formats.join(' '), args), 'string');
      }),
      { seed, numRuns: 5000 },
    );
  });
});

describe('text', () => {
  it('is what its bytes are, and what its literal is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const text = fromBytes(bytes);
        assert.deepEqual([...toBytes(text)], [...bytes]);
        assert.equal(byteLength(text), bytes.length);
        assert.equal(unquote(quote(text)), text);
        assert.equal(unquote(quote(text, true)), text);
      }),
      { seed, numRuns: 3000 },
    );
  });
});

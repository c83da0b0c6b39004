import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitError } from '../../gotemplate/exec/limits.ts';
import { TemplateSet } from '../../gotemplate/template-set.ts';
import { helmFunctions } from './table.ts';

const host = { now: () => 0, random: (count: number) => new Uint8Array(count).fill(7) };
const limits = { maxUnits: 4 << 20, maxSteps: 100_000 };

function execute(text: string): string {
  const set = new TemplateSet(helmFunctions);
  set.parse('f', text);
  return set.execute('f', undefined, { host, limits, now: () => performance.now() });
}

/** A dictionary that holds itself, twice over. */
const cycle =
  '{{ $d := dict "k" "v" }}{{ $_ := set $d "self" $d }}{{ $e := dict "k" "v" }}{{ $_ := set $e "self" $e }}';
/** A dictionary of a few nodes that has 2^40 paths. */
const shared =
  '{{ $d := dict }}{{ $e := dict }}{{ range until 40 }}{{ $d = dict "a" $d "b" $d }}{{ $e = dict "a" $e "b" $e }}{{ end }}';
const walks = [
  ...['toYaml $d', 'toYamlPretty $d', 'toJson $d', 'toPrettyJson $d', 'toRawJson $d', 'toToml $d', 'deepCopy $d'],
  ...['$d', 'print $d', 'printf "%v %#v" $d $d', 'quote $d', 'toString $d', 'cat $d', 'join "," (list $d)', 'html $d'],
  ...['deepEqual $d $e', 'has $d (list $e)', 'uniq (list $d $e)', 'without (list $d) $e', 'toDecimal $d'],
];
const growths = [
  '{{ until 1000000000 }}',
  '{{ untilStep 0 9000000000000000000 1 }}',
  '{{ seq 1000000000 }}',
  '{{ repeat 1000000000 "x" }}',
  '{{ indent 1000000000 "x" }}',
  '{{ nindent 10000 (repeat 10000 "\\n") }}',
  '{{ range until 1000 }}{{ $_ := printf "%1000000d" 1 }}{{ end }}',
  '{{ $l := list }}{{ range until 10000 }}{{ $l = append $l . }}{{ end }}',
  '{{ $l := list 1 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}',
  '{{ $s := "x" }}{{ range until 60 }}{{ $s = print $s $s }}{{ end }}',
  '{{ $s := "x" }}{{ range until 60 }}{{ $s = replace "x" "xx" $s }}{{ end }}',
  '{{ $s := "x" }}{{ range until 60 }}{{ $s = quote $s | toJson }}{{ end }}',
  '{{ $s := "x" }}{{ range until 60 }}{{ $s = join $s (list $s $s) }}{{ end }}',
  '{{ splitList "" (repeat 1000000 "x") }}',
  '{{ wrapWith 1 (repeat 10000 "y") (repeat 10000 "x") }}',
  '{{ regexReplaceAll "" (repeat 10000 "a") (repeat 10000 "b") }}',
  '{{ regexMatch (repeat 10000 "a?") (repeat 10000 "a") }}',
  '{{ randAlphaNum 10000000 }}',
  '{{ range until 1000 }}{{ $_ := bcrypt "x" }}{{ end }}',
  '{{ define "a" }}{{ range until 10 }}{{ include "a" . }}{{ end }}{{ end }}{{ include "b" . }}{{ define "b" }}{{ include "a" . }}{{ end }}',
  '{{ $t := "{{ tpl . . }}" }}{{ tpl $t $t }}',
];

describe('what is endless or far too large', () => {
  for (const walk of walks)
    it(`${walk}, of what is shared`, { timeout: 10_000 }, () => {
      assert.throws(() => execute(`${shared}{{ ${walk} }}`), LimitError);
    });
  for (const walk of walks.filter((one) => !one.startsWith('print $')))
    it(`${walk}, of what holds itself`, { timeout: 10_000 }, () => {
      assert.throws(() => execute(`${cycle}{{ ${walk} }}`), LimitError);
    });
  for (const growth of growths)
    it(growth, { timeout: 10_000 }, () => {
      assert.throws(
        () => execute(growth),
        (error: unknown) => {
          assert.ok(error instanceof LimitError, String(error));
          assert.match(error.message, /^template: \w+:1:\d+: executing "\w+" at </);
          return true;
        },
      );
    });
  it('merges what holds itself into itself', () => {
    assert.equal(execute(`${cycle}{{ $_ := mergeOverwrite $d $d }}{{ $_ := merge (dict) $d }}done`), 'done');
  });
  it('counts includes of one name as Helm does', () => {
    const text = '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}';
    assert.throws(() => execute(text), /nested reference name: a: unable to execute template|maximum template depth/);
  });
  const long = [
    ['atoi "9{N}"', '9223372036854775807'],
    ['int "9{N}"', '0'],
    ['int64 "0x{N}f"', '0'],
    ['durationSeconds "{N}9s"', '0'],
    ['base "{N}/x/"', 'x'],
    ['regexMatch "(((" "{N}"', 'false'],
  ] as const;
  for (const [expression, want] of long)
    it(`${expression}, with a hundred thousand characters`, { timeout: 5000 }, () => {
      const filler = expression.includes('/') ? '/' : '9';
      assert.equal(execute(`{{ ${expression.replace('{N}', filler.repeat(100_000))} }}`), want);
    });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toBytes } from '../../gotemplate/value/go-text.ts';
import { GoMap } from '../../gotemplate/value/values.ts';
import { loadChart } from '../chart/load.ts';
import { type Rendered, renderChart, type TemplateOptions } from '../template.ts';
import { defaultCapabilities } from './capabilities.ts';
import { RenderError } from './render-error.ts';

const chartYaml = 'apiVersion: v2\nname: demo\nversion: 1.2.3\n';
const options: TemplateOptions = {
  release: { name: 'rel', namespace: 'ns', revision: 1, isUpgrade: false },
  values: new GoMap(),
  capabilities: defaultCapabilities,
  host: { now: () => 0, random: (count) => new Uint8Array(count) },
};

function chartOf(files: Readonly<Record<string, string>>): ReturnType<typeof loadChart> {
  const all = Object.entries({ 'Chart.yaml': chartYaml, ...files });
  return loadChart(all.map(([name, text]) => ({ name, data: toBytes(text) })));
}

function render(files: Readonly<Record<string, string>>, given: Partial<TemplateOptions> = {}): Rendered {
  return renderChart(chartOf(files), { ...options, ...given });
}

const contents = ({ manifests }: Rendered): readonly string[] => manifests.map(({ content }) => content);

describe('rendering', () => {
  it('executes an empty text in tpl, not the text around it', () => {
    const files = {
      'values.yaml': 'outer: "a{{ tpl .Values.inner . }}b"\ninner: ""\n',
      'templates/a.yaml': 'v: {{ tpl .Values.outer . }}',
    };
    assert.deepEqual(contents(render(files)), ['v: ab']);
  });

  it('gives each release of a chart its own output', () => {
    const chart = chartOf({ 'templates/a.yaml': 'name: {{ .Release.Name }}\npath: {{ .Template.Name }}' });
    const names = ['one', 'two'].map((name) =>
      contents(renderChart(chart, { ...options, release: { ...options.release, name } })),
    );
    assert.deepEqual(names, [['name: one\npath: demo/templates/a.yaml'], ['name: two\npath: demo/templates/a.yaml']]);
  });

  it('keeps the templates of a chart under two aliases apart', () => {
    const files = {
      'Chart.yaml': `${chartYaml}dependencies:\n- {name: sub, version: 1.0.0, alias: left}\n- {name: sub, version: 1.0.0, alias: right}\n`,
      'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
      'charts/sub/templates/a.yaml': 'at: {{ .Template.Name }}\nchart: {{ .Chart.Name }}',
    };
    assert.deepEqual(contents(render(files)), [
      'at: demo/charts/left/templates/a.yaml\nchart: left',
      'at: demo/charts/right/templates/a.yaml\nchart: right',
    ]);
  });

  it('tells the template, line and column of what failed', () => {
    const files = {
      'templates/a.yaml': 'a: 1\nb: {{ include "inner" . }}',
      'templates/_b.tpl': '{{ define "inner" }}{{ .Values.x.y.z }}{{ end }}',
    };
    assert.throws(
      () => render(files),
      (error) => {
        assert.ok(error instanceof RenderError);
        assert.equal(error.at?.file, 'demo/templates/_b.tpl');
        assert.equal(error.at?.line, 1);
        return true;
      },
    );
  });

  const blamed: readonly (readonly [what: string, template: string, excerpt: string | undefined])[] = [
    ['a field', 'a: 1\nb: {{ .Values.x.y.z }}', '  2 | b: {{ .Values.x.y.z }}'],
    [
      'what an author refuses',
      'a: 1\n\nb: {{ required  "need b"  .Values.b }} # b',
      '  3 | b: {{ required  "need b"  .Values.b }} # b',
    ],
    ['an unknown function', 'a: 1\nb: {{ nosuch }}', '  2 | b: {{ nosuch }}'],
    [
      'a text within a file',
      'a: {{ tpl "\\n\\n{{ .Values.x.y.z }}" . }}\nb: 1\nc: 2',
      '  1 | a: {{ tpl "\\n\\n{{ .Values.x.y.z }}" . }}',
    ],
    [
      'a very long line',
      `b: {{ .Values.x.y.z }}${'x'.repeat(1000)}`,
      `  1 | b: {{ .Values.x.y.z }}${'x'.repeat(178)}…`,
    ],
  ];
  for (const [what, template, excerpt] of blamed)
    it(`shows the line of ${what}`, () => {
      const isRight = (error: unknown): boolean => error instanceof RenderError && error.excerpt === excerpt;
      assert.throws(() => render({ 'templates/a.yaml': template }), isRight);
    });

  it('has no prototype that a value or file could reach', () => {
    const files = {
      'values.yaml': '__proto__: {polluted: yes}\nconstructor: {prototype: {polluted: yes}}\n',
      ['__proto__']: 'file',
      'templates/a.yaml':
        'v: {{ .Values.__proto__.polluted }}\nf: {{ .Files.Get "__proto__" }}\nd: {{ (dict "__proto__" "x") | toJson }}\nt: {{ .toString }}\nc: {{ .Values.hasOwnProperty }}',
    };
    const rendered = render(files);
    assert.deepEqual(contents(rendered), ['v: true\nf: file\nd: {"__proto__":"x"}\nt: \nc: ']);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  const endless: readonly (readonly [name: string, template: string])[] = [
    ['include', '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'],
    ['template', '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}'],
    ['tpl', '{{ define "a" }}{{ tpl "{{ include \\"a\\" . }}" . }}{{ end }}{{ include "a" . }}'],
    ['range', '{{ range until 1000000000 }}{{ end }}'],
    ['repeat', '{{ repeat 1000000000 "x" }}'],
    ['growth', '{{ $x := "xxxxxxxx" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}'],
  ];
  for (const [name, template] of endless)
    it(`ends an endless ${name}`, () => {
      assert.throws(() => render({ 'templates/a.yaml': template }), RenderError);
    });

  it('refuses YAML that grows when its aliases are followed', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let at = 1; at < 12; at++) {
      const before = String.fromCharCode(96 + at);
      const name = String.fromCharCode(97 + at);
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
    }
    assert.throws(() => render({ 'values.yaml': bomb.join('\n') }), /cannot load values.yaml: .*alias/);
  });
});

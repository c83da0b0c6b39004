import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { emitYaml } from '../../../yaml/emit.ts';
import { IndexError } from './index-events.ts';
import { prepareIndex } from './index-file.ts';

const { signal } = new AbortController();
let dir: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-index-'));
});
after(() => rm(dir, { recursive: true }));

/** What is stored for the text of an index. */
async function stored(text: string | Uint8Array): Promise<string> {
  const file = join(dir, 'index');
  await writeFile(file, text);
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await prepareIndex(file, join(dir, 'sections'), signal)).content()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A directive makes the layout an unusual one, so that the text is read as a whole. */
const asWhole = (text: string): Promise<string> => stored(`%YAML 1.1\n---\n${text}`);

const example = `apiVersion: v1
entries:
  zeta:
  - apiVersion: v2
    appVersion: 1.10
    created: "2024-05-12T09:15:37.399862000+02:00"
    description: |
      Text with "quotes" & <tags>

      - name: not an item
    keywords: []
    maintainers:
    - name: x
      email: x@example.com
    name: zeta
    type: application
    urls:
    - zeta-1.2.0.tgz
    version: 1.2.0
# a comment at the margin
  - name: zeta
    urls: [zeta-1.10.0.tgz]
    version: 1.10.0
  "alpha":
    - {name: alpha, version: 0.1.0, urls: [a.tgz], annotations: {b: "2", "1": x}}

    - name: alpha
      version: not a version
    - name: ""
      version: 1.0.0
    -
generated: 2024-05-12T09:15:37.5Z
`;

/** As Flux 2.9 stores that index, recorded. */
const expected = `{
  "apiVersion": "v1",
  "generated": "2024-05-12T09:15:37.5Z",
  "entries": {
    "alpha": [
      {
        "name": "alpha",
        "version": "0.1.0",
        "apiVersion": "v1",
        "annotations": {
          "1": "x",
          "b": "2"
        },
        "urls": [
          "a.tgz"
        ],
        "created": "0001-01-01T00:00:00Z"
      }
    ],
    "zeta": [
      {
        "name": "zeta",
        "version": "1.10.0",
        "apiVersion": "v1",
        "urls": [
          "zeta-1.10.0.tgz"
        ],
        "created": "0001-01-01T00:00:00Z"
      },
      {
        "name": "zeta",
        "version": "1.2.0",
        "description": "Text with \\"quotes\\" \\u0026 \\u003ctags\\u003e  - name: not an item ",
        "maintainers": [
          {
            "name": "x",
            "email": "x@example.com"
          }
        ],
        "apiVersion": "v2",
        "appVersion": "1.1",
        "type": "application",
        "urls": [
          "zeta-1.2.0.tgz"
        ],
        "created": "2024-05-12T09:15:37.399862+02:00"
      }
    ]
  }
}`;

describe('prepareIndex', () => {
  it('stores an index as Flux does: checked, sorted, in JSON', async () => {
    assert.equal(await stored(example), expected);
  });

  it('gives the same for the layouts that tools write', async () => {
    const layouts = {
      whole: `%YAML 1.1\n---\n${example}`,
      'with a byte order mark and a separator': `\ufeff---\n${example}`,
      'with Windows line ends': example.replaceAll('\n', '\r\n'),
      'as stored': expected,
      'in compact JSON': JSON.stringify(JSON.parse(expected)),
      'with a second document': `${example}---\nignored: [\n`,
    };
    for (const [name, text] of Object.entries(layouts)) assert.equal(await stored(text), expected, name);
  });

  const refusals: readonly { name: string; text: string; want: RegExp }[] = [
    { name: 'an empty one', text: '', want: /^empty index\.yaml file$/ },
    { name: 'no version of the API', text: 'entries: {}\n', want: /^no API version specified$/ },
    {
      name: 'a page of a browser',
      text: '<html>\n',
      want: /cannot unmarshal string into Go value of type repo\.IndexFile$/,
    },
    {
      name: 'a field that there is not',
      text: 'apiVersion: v1\nentries:\n  a:\n  - taste: sweet\n',
      want: /json: unknown field "taste"$/,
    },
    { name: 'such a field of the index', text: 'apiVersion: v1\nflavour: x\n', want: /json: unknown field "flavour"$/ },
    {
      name: 'YAML that is broken',
      text: 'apiVersion: v1\nentries:\n  a:\n  - name: a\n   version: 1\n',
      want: /^error converting YAML to JSON: yaml: line 5: /,
    },
    {
      name: 'a chart that occurs twice',
      text: 'apiVersion: v1\nentries:\n  a:\n  - name: a\n  a: []\n',
      want: /^error converting YAML to JSON: yaml: line 5: /,
    },
    {
      name: 'an alias that means nothing',
      text: 'apiVersion: v1\nentries:\n  a:\n  - name: *b\n',
      want: /^error converting YAML to JSON: yaml: line 4: /,
    },
    {
      name: 'a text that never ends',
      text: 'apiVersion: v1\nentries:\n  a:\n  - name: "b\n  c:\n  - name: c\n',
      want: /^error converting YAML to JSON: yaml: /,
    },
    { name: 'JSON that stops', text: expected.slice(0, -20), want: /^error converting YAML to JSON: yaml: / },
    { name: 'a time that is none', text: 'apiVersion: v1\ngenerated: yesterday\n', want: /parsing time "yesterday"/ },
    {
      name: 'a version that is no object',
      text: 'apiVersion: v1\nentries: {a: [b]}\n',
      want: /cannot unmarshal string into Go value of type repo\.ChartVersion$/,
    },
  ];
  for (const { name, text, want } of refusals) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(stored(text), (error) => error instanceof IndexError && want.test(error.message));
    });
  }

  it('an anchor that spans charts, and texts that begin anew at the margin, are read as a whole', async () => {
    const texts = [
      'apiVersion: v1\nentries:\n  a:\n  - &a {name: a, version: 1.0.0}\n  b:\n  - *a\n',
      'apiVersion: v1\nentries:\n  a:\n  - name: a\n    version: 1.0.0\n    description: "b\nc: d"\n',
    ];
    for (const text of texts) assert.equal(await stored(text), await asWhole(text));
  });

  it('an index of unusual layout is read up to a size only', async () => {
    const filler = `x${'y'.repeat(1023)}\n`.repeat(9 * 1024);
    const text = `apiVersion: v1\nentries: {a: [{name: a, version: 1.0.0, description: "${filler}"}]}\n`;
    await assert.rejects(stored(text), IndexError);
  });

  describe('an index that is made to fill the memory', () => {
    const long = 'x'.repeat(9 * 1024 ** 2);
    const charts = (count: number, entry: (name: string) => string): string =>
      Array.from({ length: count }, (_, at) => entry(`c${at}`)).join('');
    const cases: Readonly<Record<string, string>> = {
      'by one version': `apiVersion: v1\nentries:\n  a:\n  - name: a\n${'    # x\n'.repeat(2_000_000)}`,
      'by a version in JSON': `{"apiVersion": "v1", "entries": {"a": [{"description": "${long}"}]}}`,
      'by what is beside the entries': `apiVersion: v1\nannotations:\n${'  # x\n'.repeat(2_000_000)}`,
      'by charts': `apiVersion: v1\nentries:\n${charts(100_001, (name) => `  ${name}:\n`)}`,
      'by charts in JSON': `{"apiVersion": "v1", "entries": {${charts(100_001, (name) => `"${name}": [], `)}}}`,
    };
    for (const [name, text] of Object.entries(cases)) {
      it(`${name} is refused`, () => assert.rejects(stored(text), IndexError));
    }
  });

  it('in pieces means the same as in one piece, for any index', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    const version = fc.record(
      {
        name: fc.constantFrom('a', 'b'),
        version: fc.constantFrom('1.0.0', '0.1.0', '2.0.0-rc.1', '1.0', 'x'),
        description: text,
        keywords: fc.array(text, { maxLength: 3 }),
        urls: fc.array(text, { maxLength: 2 }),
        annotations: fc.dictionary(text, text, { maxKeys: 3 }),
      },
      { requiredKeys: [] },
    );
    const index = fc.record({
      apiVersion: fc.constant('v1'),
      entries: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), fc.array(version, { maxLength: 6 }), {
        maxKeys: 5,
      }),
    });
    await fc.assert(
      fc.asyncProperty(index, async (value) => {
        const yaml = emitYaml(value);
        const want = await asWhole(yaml);
        assert.equal(await stored(yaml), want);
        assert.equal(await stored(JSON.stringify(value)), want);
        assert.equal(await stored(want), want);
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  it('whatever comes, it is an index or an IndexError', async () => {
    const lines = fc.constantFrom(
      ...example.split('\n'),
      '  - ',
      '"',
      '{',
      '}',
      ']',
      ':',
      '  a:',
      '- ',
      '\t',
      '&a',
      '*a',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { maxLength: 20 }), async (parts) => {
        const text = `apiVersion: v1\nentries:\n${parts.join('\n')}`;
        await stored(text).then(JSON.parse, (error: unknown) => assert.ok(error instanceof IndexError, String(error)));
      }),
      { seed: 9, numRuns: 150 },
    );
  });
});

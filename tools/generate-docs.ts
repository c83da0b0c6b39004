import { allKinds } from '../src/crds/all.ts';
import { reasons } from '../src/crds/meta/reasons.ts';
import type { Kind } from '../src/crds/schema/kind.ts';
import type { OpenApi } from '../src/crds/schema/schema.ts';
import { type SchemaField, walkSchema } from '../src/crds/schema/walk.ts';
import { reasonMeanings } from './reason-meanings.ts';

const begin = '<!-- fields: made by `npm run generate` from src/crds -->';
const reasonsNotice = '<!-- made by `npm run generate` from src/crds/meta/reasons.ts -->';
const end = '<!-- end of fields -->';

/**
 * `docs/spec/<kind>.md` of every kind, by path: what is written there by hand, with the table of fields between its
 * markers made anew. A page that does not exist yet is begun. `read` gives a file's text, if it exists.
 */
export function docsFiles(read: (path: string) => string | undefined): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const kind of allKinds) {
    const path = `docs/spec/${fileName(kind)}.md`;
    files.set(path, withTable(read(path) ?? newPage(kind), fieldTables(kind), path));
  }
  files.set('docs/spec/reasons.md', reasonsPage());
  return files;
}

function reasonsPage(): string {
  return `# Reasons

${reasonsNotice}

Every condition and every event carries a reason, one of these and never another. What to do stands in the message
beside it. Spelling and meaning are those of Flux 2.9.

| reason | meaning |
|---|---|
${reasons.map((reason) => `| \`${reason}\` | ${reasonMeanings[reason]} |`).join('\n')}
`;
}

/** As `git-repository`: the name of the kind's file in src/crds. */
function fileName(kind: Kind): string {
  return kind.kind
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .replace(/^OCIRepository$/, 'OCI-Repository')
    .toLowerCase();
}

function newPage(kind: Kind): string {
  return `# ${kind.kind}\n\n${kind.definition.description}\n\n## Fields\n\n${begin}\n${end}\n`;
}

function withTable(page: string, table: string, path: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${path} lacks the lines "${begin}" and "${end}"`);
  return `${page.slice(0, from)}${begin}\n\n${table}\n${page.slice(to)}`;
}

function fieldTables(kind: Kind): string {
  const { shortNames } = kind.definition;
  const names = shortNames === undefined ? '' : `, short ${shortNames.map((name) => `\`${name}\``).join(', ')}`;
  const intro = `\`${kind.apiVersion}\`, \`kubectl get ${kind.plural}\`${names}.\n`;
  const properties: OpenApi = kind.schema;
  const sections = ['spec', 'status'].flatMap((part) => {
    const schema = properties.properties?.[part];
    return schema === undefined ? [] : [section(part, schema)];
  });
  return [intro, ...sections].join('\n');
}

function section(part: string, schema: OpenApi): string {
  const rows = [...walkSchema(schema, part)].filter(({ schema: { description } }) => description !== undefined);
  const table = rows.map(
    (field) => `| \`${field.path}\` | ${typeOf(field)} | ${cell(field.schema.description ?? '')} |`,
  );
  const rules = [...walkRules(part, schema)];
  return [
    `### ${part}`,
    '',
    schema.description ?? '',
    '',
    '| field | type | meaning |',
    '|---|---|---|',
    ...table,
    ...(rules.length === 0 ? [] : ['', 'The API server also refuses what breaks one of these rules:', '', ...rules]),
    '',
  ].join('\n');
}

function* walkRules(part: string, schema: OpenApi): Generator<string> {
  for (const { path, schema: inner } of [{ path: part, schema }, ...walkSchema(schema, part)]) {
    for (const { rule, message } of inner['x-kubernetes-validations'] ?? []) {
      yield `- \`${path}\`: ${message} (\`${rule}\`)`;
    }
  }
}

/** The type and its limits: `string, one of a, b; default a; **required**`. */
function typeOf({ schema, required }: SchemaField): string {
  const parts = [
    typeName(schema),
    ...(required ? ['**required**'] : []),
    ...(schema.enum === undefined ? [] : [`one of ${schema.enum.map((one) => `\`${one}\``).join(', ')}`]),
    ...(schema.default === undefined ? [] : [`default \`${JSON.stringify(schema.default).replace(/^"|"$/g, '')}\``]),
    ...(schema.maxLength === undefined ? [] : [`at most ${schema.maxLength} characters`]),
    ...(schema.minimum === undefined ? [] : [`at least ${schema.minimum}`]),
    ...(schema.maxItems === undefined ? [] : [`at most ${schema.maxItems} items`]),
    ...(schema.pattern === undefined ? [] : [`matches \`${schema.pattern.replaceAll('|', '\\|')}\``]),
  ];
  return parts.join('; ');
}

function typeName(schema: OpenApi): string {
  if (schema.items !== undefined) return `list of ${schema.items.type ?? 'any'}s`;
  if (schema.additionalProperties !== undefined) return `map of ${schema.additionalProperties.type ?? 'any'}s`;
  return schema.format ?? schema.type ?? 'anything';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

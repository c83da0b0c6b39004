/**
 * Joins a compiled module and all that it imports into one: finding and reading a hundred small files takes Node longer
 * than a small build takes. It can be this short because of what the code promises and this checks: no `export let`,
 * `export *`, `export default`, `import()` or `import.meta`, and no cycles (tools/check-imports.ts).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type EcmaScriptModule, parseSync, type Span } from 'oxc-parser';

type StaticImport = EcmaScriptModule['staticImports'][number];
type StaticExport = EcmaScriptModule['staticExports'][number];

/**
 * The text of a script whose value is a function: given a `require`, it answers what the module in `file` exports.
 * Packages are joined too, but those of which a module imports the namespace (`import * as re2 from 're2js'`): they are
 * loaded when they are first used, as are the parts of Node that take long. What is imported of these must be called.
 */
export function link(file: string): string {
  const linker = new Linker();
  const entry = linker.add(file);
  return `(($require) => {\n${prelude}${linker.parts.join('')}return ${entry.name};\n})\n`;
}

const prelude = `'use strict';
const $builtin = process.getBuiltinModule;
const $lazy = (name) => {
  let loaded;
  const load = () => (loaded ??= $require(name));
  return new Proxy({}, { get: (_, key) => load()[key] });
};
const $later = (name, member) =>
  new Proxy(function () {}, {
    apply: (_, self, args) => Reflect.apply($builtin(name)[member], self, args),
    construct: (_, args) => Reflect.construct($builtin(name)[member], args),
  });
`;

/** Each takes milliseconds to load. */
const slow: ReadonlySet<string> = new Set(['node:crypto', 'node:v8', 'node:zlib']);

interface Linked {
  /** The variable that holds the module's exports. */
  readonly name: string;
  readonly exports: readonly string[];
}

class Linker {
  readonly parts: string[] = [];
  readonly #known = new Map<string, Linked>();

  /** Adds a module behind those that it imports, once. */
  add(file: string): Linked {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(file, 'utf8');
    const { module, comments, errors } = parseSync(file, text);
    if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
    if (module.dynamicImports.length > 0 || module.importMetas.length > 0) {
      throw new Error(`${file}: import() and import.meta cannot be linked`);
    }
    const imports = module.staticImports.map((one) => this.#imported(one, file)).filter((line) => line !== '');
    const { body, exported } = this.#exported(text, module, comments, file);
    const linked = { name: `$${this.#known.size}`, exports: exported.map(([name]) => name) };
    this.#known.set(file, linked);
    const members = exported.map(([name, value]) => (name === value ? name : `${name}: ${value}`)).join(', ');
    this.parts.push(`const ${linked.name} = (() => {\n${imports.join('\n')}\n${body}\nreturn { ${members} };\n})();\n`);
    return linked;
  }

  /** What stands for an import: constants that are taken from the exports of what was added before. */
  #imported({ moduleRequest: { value: specifier }, entries }: StaticImport, from: string): string {
    const [first] = entries;
    const namespace = first?.importName.kind === 'NamespaceObject' ? first.localName.value : undefined;
    const builtin = specifier.startsWith('node:');
    if (namespace !== undefined && !builtin && !specifier.startsWith('.')) {
      return `const ${namespace} = $lazy('${specifier}');`;
    }
    const source = builtin ? `$builtin('${specifier}')` : this.add(resolve(specifier, from)).name;
    if (namespace !== undefined) return `const ${namespace} = ${source};`;
    if (slow.has(specifier)) {
      const late = entries.map((one) => `${one.localName.value} = $later('${specifier}', '${one.importName.name}')`);
      return `const ${late.join(', ')};`;
    }
    const names = entries.map(({ importName, localName }) => {
      if (importName.kind !== 'Name') throw new Error(`${from}: the default of ${specifier} cannot be linked`);
      return importName.name === localName.value ? localName.value : `${importName.name}: ${localName.value}`;
    });
    return names.length === 0 ? '' : `const { ${names.join(', ')} } = ${source};`;
  }

  /** The text without comments, imports and the word `export`, and what each exported name stands for. */
  #exported(text: string, { staticImports, staticExports }: EcmaScriptModule, comments: readonly Span[], file: string) {
    const exported: [name: string, value: string][] = [];
    const cuts: Span[] = [...staticImports, ...comments.filter((comment) => !isLicence(text, comment))];
    for (const one of staticExports) {
      cuts.push({ start: one.start, end: isList(text, one) ? one.end : one.start + 'export'.length });
      for (const { exportName, localName, importName, moduleRequest } of one.entries) {
        if (exportName.kind !== 'Name' || exportName.name === null || /^export\s+let\b/.test(text.slice(one.start))) {
          throw new Error(`${file}: ${text.slice(one.start, one.start + 60)} cannot be linked`);
        }
        const value =
          moduleRequest === null
            ? localName.name
            : `${this.add(resolve(moduleRequest.value, file)).name}.${importName.name}`;
        exported.push([exportName.name, value ?? exportName.name]);
      }
    }
    let body = '';
    let at = 0;
    for (const { start, end } of cuts.toSorted((a, b) => a.start - b.start)) {
      body += text.slice(at, start);
      at = Math.max(at, end);
    }
    return { body: body + text.slice(at), exported };
  }
}

function isLicence(text: string, { start, end }: Span): boolean {
  return text.startsWith('/*!', start) || text.slice(start, end).includes('@license');
}

/** Whether it is `export { … }`, with nothing declared. */
function isList(text: string, { start }: StaticExport): boolean {
  return /^export\s*\{/.test(text.slice(start, start + 100));
}

function resolve(specifier: string, from: string): string {
  const url = specifier.startsWith('.') ? new URL(specifier, pathToFileURL(from)).href : import.meta.resolve(specifier);
  return fileURLToPath(url);
}

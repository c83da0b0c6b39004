import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { readImports } from './import-graph.ts';

/** Where the engine is entered. */
const entries = ['build.ts', 'build-remote.ts', 'flux-generate.ts', 'flux-substitute.ts'];
/** What it may take from others: JavaScript that runs anywhere. */
const packages = ['js-yaml', 're2js'];
/** What it may take from its surroundings beside the language: browsers and Node have it alike. */
const globals = { TextEncoder, TextDecoder, URL, URLSearchParams, AbortSignal, AbortController, atob, btoa };

const engine = new URL('../src/engines/kustomize/', import.meta.url);

/** Prints what a small build gives in a realm that has nothing of Node. Runs with --experimental-vm-modules. */
async function buildInBareRealm(): Promise<void> {
  const context = vm.createContext({ ...globals });
  const modules = new Map<string, vm.Module>();
  const load = (url: string): vm.Module => {
    const known = modules.get(url);
    if (known !== undefined) return known;
    const text = readFileSync(fileURLToPath(url), 'utf8');
    const code = url.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
    const module = new vm.SourceTextModule(code, { context, identifier: url });
    modules.set(url, module);
    return module;
  };
  const resolve = (specifier: string, from: string): string =>
    specifier.startsWith('.') ? new URL(specifier, from).href : import.meta.resolve(specifier);
  const open = async (url: string): Promise<unknown> => {
    const module = load(url);
    await module.link((specifier, from) => load(resolve(specifier, from.identifier)));
    await module.evaluate();
    return module.namespace;
  };
  const { build } = (await open(
    new URL('build.ts', engine).href,
  )) as typeof import('../src/engines/kustomize/build.ts');
  const { memoryTree } = (await open(
    new URL('../../lib/memory-tree.ts', engine).href,
  )) as typeof import('../src/lib/memory-tree.ts');
  const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
  const kustomization =
    'resources: [a.yaml]\nnamePrefix: x-\nsecretGenerator: [{name: s, literals: [a=ü]}]\n' +
    `patches: [{patch: '[{"op": "add", "path": "/data", "value": {"k": "v"}}]', target: {name: "a|b"}}]`;
  process.stdout.write(build(memoryTree({ 'kustomization.yaml': kustomization, 'a.yaml': configMap }), '').toYaml());
}

if (process.argv[2] === 'bare') {
  await buildInBareRealm();
} else {
  test('the kustomize engine imports nothing that a browser does not have', () => {
    const { imports } = readImports(fileURLToPath(new URL('../src', import.meta.url)));
    const byModule = Map.groupBy(imports, ({ from }) => from);
    const seen = new Set(entries.map((name) => `engines/kustomize/${name}`));
    const others = new Set<string>();
    for (const module of seen) {
      for (const { to, specifier, typeOnly } of byModule.get(module) ?? []) {
        if (typeOnly) continue;
        if (to === undefined || !specifier.startsWith('.')) others.add(specifier);
        else seen.add(to);
      }
    }
    assert.ok(seen.size > 50, `only ${seen.size} modules were found`);
    assert.deepEqual([...others].sort(), packages);
  });

  test('the kustomize engine builds where there is nothing of Node', () => {
    const flags = ['--experimental-vm-modules', '--no-warnings', fileURLToPath(import.meta.url), 'bare'];
    const text = execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(
      text,
      `apiVersion: v1
data:
  k: v
kind: ConfigMap
metadata:
  name: x-a
---
apiVersion: v1
data:
  a: w7w=
kind: Secret
metadata:
  name: x-s-9mb2bkh95k
type: Opaque
`,
    );
  });
}

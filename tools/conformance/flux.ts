import { build } from '../../src/engines/kustomize/build.ts';
import { type FluxSpec, generateKustomization } from '../../src/engines/kustomize/flux-generate.ts';
import { substituteObjects } from '../../src/engines/kustomize/flux-substitute.ts';
import { memoryTree } from '../../src/lib/memory-tree.ts';
import { emitYaml } from '../../src/yaml/emit.ts';
import type { Answer, Suite, Verdict } from './case-file.ts';
import { compareYaml } from './compare.ts';

/** A build as the kustomize-controller of Flux 2.9 makes it. */
export interface FluxCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly dir: string;
  readonly spec: FluxSpec & { readonly postBuild?: { readonly substitute?: Readonly<Record<string, string>> } };
  readonly strict: boolean;
  readonly always: boolean;
  readonly expect: {
    readonly action?: string;
    readonly manifest?: string;
    readonly built?: string;
    readonly yaml?: string;
    readonly error?: string;
  };
}

/** Generates, builds and substitutes; what was generated and built is judged too. */
export const fluxSuite: Suite<FluxCase> = {
  answer: (testCase) => {
    const extra: Record<string, unknown> = {};
    try {
      return { name: testCase.name, output: run(testCase, extra), extra };
    } catch (error) {
      return { name: testCase.name, error: error instanceof Error ? error.message : String(error), extra };
    }
  },
  judge: ({ expect }, answer) => {
    if (expect.yaml === undefined) return answer.error === undefined ? 'wrong' : 'bytes';
    if (answer.output === undefined) return 'wrong';
    return worst([
      answer.extra?.['action'] === expect.action ? 'bytes' : 'wrong',
      textVerdict(answer, 'manifest', expect.manifest),
      textVerdict(answer, 'built', expect.built),
      compareYaml(answer.output, expect.yaml),
    ]);
  },
};

function run({ files, dir, spec, strict, always }: FluxCase, extra: Record<string, unknown>): string {
  const generated = generateKustomization(memoryTree(files), dir, spec);
  extra['action'] = generated.action;
  extra['manifest'] = generated.manifest;
  const built = build(generated.tree, dir, {
    reorder: 'none',
    loadRestrictions: 'none',
    version: 'v5.8.1',
    customSchemas: 'add',
  });
  extra['built'] = built.toYaml();
  if (spec.postBuild === undefined) return built.toYaml();
  const vars = new Map(Object.entries(spec.postBuild.substitute ?? {}));
  return substituteObjects(built.objects, vars, { strict, always }).map(emitYaml).join('---\n');
}

function textVerdict({ extra }: Answer, name: string, wanted: string | undefined): Verdict {
  return wanted === undefined ? 'bytes' : compareYaml(String(extra?.[name]), wanted);
}

function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.includes('wrong') ? 'wrong' : verdicts.includes('value') ? 'value' : 'bytes';
}

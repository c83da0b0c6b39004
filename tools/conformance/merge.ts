import { SchemaRegistry } from '../../src/engines/kustomize/openapi/registry.ts';
import { strategicMerge } from '../../src/engines/patch/strategic-merge.ts';
import { emitYaml } from '../../src/yaml/emit.ts';
import { jsonValue } from '../../src/yaml/json-value.ts';
import type { YamlNode } from '../../src/yaml/node.ts';
import { parseNodes } from '../../src/yaml/parse-nodes.ts';
import { answered, type Suite } from './case-file.ts';
import { compareYaml } from './compare.ts';

/** A bare strategic merge, recorded from kyaml. */
export interface MergeCase {
  readonly name: string;
  readonly patch: string;
  readonly dest: string;
  readonly inferAssociativeLists: boolean;
  readonly listPrepend: boolean;
  readonly expect: { readonly yaml?: string; readonly error?: string };
}

/** Merges, compared by values: order and comments are the oracle's own. */
export const mergeSuite: Suite<MergeCase> = {
  answer: (testCase) => answered(testCase.name, () => merge(testCase)),
  judge: ({ expect }, { output, error }) => {
    if (expect.yaml === undefined) return error === undefined ? 'wrong' : 'bytes';
    return output === undefined ? 'wrong' : compareYaml(output, valueText(parseNodes(expect.yaml)[0]));
  },
};

function merge({ dest, patch, inferAssociativeLists, listPrepend }: MergeCase): string {
  const { schemaFor } = new SchemaRegistry({ version: 'v5.8.2', additive: false });
  const [into] = parseNodes(dest);
  const [from] = parseNodes(patch);
  if (into === undefined || from === undefined) throw new Error('nothing to merge');
  return valueText(strategicMerge(into, from, { schemaFor, prepend: listPrepend, inferKeys: inferAssociativeLists }));
}

function valueText(node: YamlNode | undefined): string {
  return emitYaml(node === undefined ? null : jsonValue(node));
}

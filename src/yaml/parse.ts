import { decodeNode } from './decode.ts';
import { type ParseOptions, parseNodes } from './parse-nodes.ts';

export { YamlError } from './yaml-error.ts';

/** Reading options; see {@link ParseOptions} for the limits. */
export interface YamlOptions extends ParseOptions {
  /** Duplicate keys are errors; otherwise the last wins, as in Go. */
  readonly strict?: boolean;
}

/**
 * All documents of a YAML stream as JSON values, by the rules of sigs.k8s.io/yaml: YAML 1.1 booleans (`yes`, `on`),
 * octal and hexadecimal integers, keys become strings, timestamps stay texts, integers beyond 2^53 are
 * `JSON.rawJSON`. Empty documents are left out. Objects have ordinary prototypes and own members only, `__proto__`
 * included. Throws {@link YamlError}, which names file and line.
 */
export function parseYamlDocuments(text: string, options: YamlOptions = {}): unknown[] {
  const duplicates = options.strict === true ? 'error' : 'last';
  return parseNodes(text, options)
    .filter((node) => node.kind !== 'scalar' || node.value !== '' || node.style !== 0)
    .map((node) => decodeNode(node, { dialect: 'v2', duplicates, file: options.file }));
}

/** The first document of a YAML stream, null when it is empty: what `yaml.Unmarshal` of sigs.k8s.io/yaml reads. */
export function parseYaml(text: string, options: YamlOptions = {}): unknown {
  const [first] = parseNodes(text, options);
  const duplicates = options.strict === true ? 'error' : 'last';
  return first === undefined ? null : decodeNode(first, { dialect: 'v2', duplicates, file: options.file });
}

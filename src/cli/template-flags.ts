import type { TemplateFlags } from './run-template.ts';

/** A flag of `sluice template`. */
export interface TemplateFlag {
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; a flag without one is on or off. */
  readonly value?: string;
  /** It may be given several times; with `commas` each value may be several, too. */
  readonly many?: 'values' | 'commas';
  readonly about: string;
}

/** Which values charts are given, and where. */
const valueFlags: readonly TemplateFlag[] = [
  { name: 'namespace', short: 'n', value: 'namespace', about: 'namespace of the release (default: "default")' },
  {
    name: 'values',
    short: 'f',
    value: 'file',
    many: 'commas',
    about: 'values in a YAML file, - for standard input; later ones win',
  },
  { name: 'set', value: 'key=value', many: 'values', about: 'values on the command line' },
  { name: 'set-string', value: 'key=value', many: 'values', about: 'values that are text' },
  { name: 'set-json', value: 'key=json', many: 'values', about: 'values in JSON' },
  { name: 'set-file', value: 'key=path', many: 'values', about: 'values from files' },
  { name: 'set-literal', value: 'key=value', many: 'values', about: 'a value that is taken as it is' },
  { name: 'kube-version', value: 'version', about: 'Kubernetes version that the chart sees' },
];

const skipSchema: TemplateFlag = {
  name: 'skip-schema-validation',
  about: 'do not hold the values to values.schema.json',
};

/** The flags of `helm template` that are followed, by their names there. */
export const templateFlags: readonly TemplateFlag[] = [
  ...valueFlags,
  { name: 'api-versions', short: 'a', value: 'versions', many: 'commas', about: 'further API versions that it sees' },
  { name: 'include-crds', about: 'print the definitions in crds/, too' },
  { name: 'no-hooks', about: 'leave hooks out' },
  { name: 'skip-tests', about: 'leave tests out' },
  { name: 'show-only', short: 's', value: 'template', many: 'values', about: 'only what comes from this template' },
  { name: 'output-dir', value: 'dir', about: 'write a file for every template instead of printing' },
  { name: 'is-upgrade', about: 'set .Release.IsUpgrade instead of .Release.IsInstall' },
  skipSchema,
];

/** The flags of `helm lint`, by their names there. */
export const lintFlags: readonly TemplateFlag[] = [
  ...valueFlags,
  { name: 'strict', about: 'fail on warnings, too' },
  { name: 'quiet', about: 'print warnings and errors only' },
  { name: 'with-subcharts', about: 'examine the charts that a chart depends on, too' },
  skipSchema,
];

/** What flags say when none is given. */
export const defaultTemplateFlags: TemplateFlags = {
  namespace: 'default',
  values: [],
  set: [],
  setString: [],
  setJson: [],
  setFile: [],
  setLiteral: [],
  apiVersions: [],
  hooks: true,
  showOnly: [],
};

/** The release's name and the chart, of one argument or two. */
export function nameAndChart(first: string, second: string | undefined): readonly [name: string, chart: string] {
  return second === undefined ? ['release-name', first] : [first, second];
}

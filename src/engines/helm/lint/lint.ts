import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { GoMap, int, type Value } from '../../gotemplate/value/values.ts';
import type { Chart } from '../chart/chart.ts';
import { ChartInstance } from '../chart/instance.ts';
import { readValuesDocument } from '../chart/load.ts';
import type { Host } from '../host.ts';
import { type Capabilities, capabilitiesValue, parseKubeVersion } from '../render/capabilities.ts';
import { renderTemplates } from '../render/render.ts';
import { RenderError } from '../render/render-error.ts';
import { coalesceMaps, coalesceValues, type Warn } from '../values/coalesce.ts';
import { processDependencies } from '../values/dependencies.ts';
import { checkSchemas, schemaFault } from '../values/schema.ts';
import { isChartFault, lintChartFile } from './chart-file-rules.ts';
import {
  deprecationFault,
  indentFault,
  listFault,
  nameFault,
  type ObjectHead,
  objectHeads,
  selectorFault,
} from './manifest-rules.ts';
import { Findings, type LintMessage } from './message.ts';
import type { LintSource } from './source.ts';

export interface LintOptions {
  /** What users give. */
  readonly values: GoMap;
  readonly namespace: string;
  readonly capabilities: Capabilities;
  readonly host: Host;
  /** Milliseconds, for the limit of time. */
  readonly now?: () => number;
  readonly skipSchemaValidation?: boolean;
  /** Told of values that do not go together. */
  readonly warn?: Warn;
}

/** What is noteworthy about a chart, in the order in which `helm lint` tells it (pkg/chart/v2/lint, RunAll). */
export function lintChart(source: LintSource, options: LintOptions): readonly LintMessage[] {
  const findings = new Findings();
  const loaded = load(source);
  lintChartFile(source, findings);
  lintValues(source, options, findings);
  lintTemplates(source, loaded, options, findings);
  lintDependencies(source, loaded, findings);
  lintDefinitions(source, loaded, findings);
  return findings.messages;
}

type Loaded = { readonly chart: Chart } | { readonly fault: string };

function load(source: LintSource): Loaded {
  try {
    return { chart: source.load() };
  } catch (error) {
    if (error instanceof Error) return { fault: error.message };
    throw error;
  }
}

const VALUES = 'values.yaml';

function lintValues(source: LintSource, options: LintOptions, findings: Findings): void {
  const exists = source.kindOf(VALUES) !== undefined;
  if (findings.isFine('INFO', VALUES, exists ? undefined : 'file does not exist'))
    findings.isFine('ERROR', VALUES, valuesFault(source, options));
}

/** The chart's own values under those given are held to its own schema only. */
function valuesFault(source: LintSource, options: LintOptions): string | undefined {
  const { values: given, warn = () => undefined } = options;
  let own: GoMap;
  try {
    own = readValuesDocument(source.text(VALUES));
  } catch (error) {
    if (error instanceof Error) return `unable to parse YAML: ${error.message}`;
    throw error;
  }
  const values = coalesceMaps(given, own, warn);
  const schema = source.kindOf('values.schema.json') === 'file' ? source.text('values.schema.json') : '';
  return schema === '' || options.skipSchemaValidation === true ? undefined : schemaFault(schema, values);
}

const TEMPLATES = 'templates/';

function lintTemplates(source: LintSource, loaded: Loaded, options: LintOptions, findings: Findings): void {
  const kind = source.kindOf('templates');
  if (!findings.isFine('WARNING', TEMPLATES, kind === undefined ? 'directory does not exist' : undefined)) return;
  if (!findings.isFine('ERROR', TEMPLATES, kind === 'directory' ? undefined : 'not a directory')) return;
  if ('fault' in loaded) {
    findings.isFine('ERROR', TEMPLATES, loaded.fault);
    return;
  }
  const { chart } = loaded;
  const outputs = outputsOf(chart, options, findings);
  if (outputs === undefined) return;
  for (const { name } of chart.templates)
    if (!isReadable(name, outputs.get(`${chart.metadata.name}/${name}`) ?? '', options, findings)) return;
}

/** What the templates make; undefined when they make nothing, which is told unless Helm does not. */
function outputsOf(chart: Chart, options: LintOptions, findings: Findings): ReadonlyMap<string, string> | undefined {
  const { namespace, host, now, warn = () => undefined } = options;
  const instance = new ChartInstance(chart);
  let values: GoMap;
  try {
    processDependencies(instance, options.values, warn);
    // Twice, as Helm has it: what a null took away comes back.
    values = coalesceValues(instance, coalesceValues(instance, options.values, warn), warn);
  } catch (error) {
    if (isChartFault(error)) return undefined;
    throw error;
  }
  try {
    if (options.skipSchemaValidation !== true) checkSchemas(instance, values);
    const top = { values, release: releaseValue(namespace), capabilities: capabilitiesValue(options.capabilities) };
    return renderTemplates(instance, top, { host, ...(now === undefined ? {} : { now }) });
  } catch (error) {
    if (!(isChartFault(error) || error instanceof RenderError)) throw error;
    findings.isFine('ERROR', TEMPLATES, error.message);
    return undefined;
  }
}

function releaseValue(namespace: string): GoMap {
  return new GoMap(
    new Map<string, Value>([
      ['Name', 'test-release'],
      ['Namespace', namespace],
      ['IsUpgrade', false],
      ['IsInstall', false],
      ['Revision', int(0)],
      ['Service', 'Helm'],
    ]),
  );
}

/** Looks at a template and what it made. What cannot be read ends the looking. */
function isReadable(name: string, output: string, { capabilities }: LintOptions, findings: Findings): boolean {
  const extension = extensionOf(name);
  const wrong = `file extension '${extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt`;
  findings.isFine('ERROR', name, ['.yaml', '.yml', '.tpl', '.txt'].includes(extension) ? undefined : wrong);
  if (!['.yaml', '.yml'].includes(extension.toLowerCase()) || output.trim() === '') return true;
  findings.isFine('WARNING', name, indentFault(output));
  const { major = '', minor = '' } = parseKubeVersion(capabilities.kubeVersion) ?? {};
  return forEachObject(name, output, findings, (head) => {
    findings.isFine('WARNING', name, nameFault(head));
    findings.isFine('WARNING', name, deprecationFault(head, Number(major), Number(minor)));
    findings.isFine('ERROR', name, selectorFault(head, output));
    findings.isFine('ERROR', name, listFault(head, output));
  });
}

function extensionOf(path: string): string {
  const base = path.slice(path.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot < 0 ? '' : base.slice(dot);
}

function forEachObject(path: string, stream: string, findings: Findings, look: (head: ObjectHead) => void): boolean {
  try {
    for (const head of objectHeads(stream)) look(head);
    return true;
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    return findings.isFine('ERROR', path, `unable to parse YAML: ${error.message}`);
  }
}

function lintDependencies({ dir }: LintSource, loaded: Loaded, findings: Findings): void {
  if ('fault' in loaded) {
    findings.isFine('ERROR', '', `unable to load chart\n\t${loaded.fault}`);
    return;
  }
  const { metadata, dependencies } = loaded.chart;
  const [declared, present] = [metadata.dependencies ?? [], dependencies.map((one) => one.metadata)];
  const without = (names: readonly { name: string }[], others: readonly { name: string }[]): string =>
    names.flatMap(({ name }) => (others.some((one) => one.name === name) ? [] : [name])).join(',');
  const undeclared = without(present, declared);
  const missing = without(declared, present);
  const keys = declared.map(({ name, alias }) => (alias === '' ? name : alias));
  const double = keys.filter((key, index) => keys.indexOf(key) < index).join(',');
  const say = (what: string, names: string): string | undefined => (names === '' ? undefined : `${what}: ${names}`);
  findings.isFine('ERROR', dir, say('chart metadata is missing these dependencies', undeclared));
  findings.isFine('ERROR', dir, say('multiple dependencies with name or alias', double));
  findings.isFine('WARNING', dir, say('chart directory is missing these dependencies', missing));
}

const DEFINITIONS = 'crds/';

function lintDefinitions(source: LintSource, loaded: Loaded, findings: Findings): void {
  const kind = source.kindOf('crds');
  if (kind === undefined) return;
  if (!findings.isFine('ERROR', DEFINITIONS, kind === 'directory' ? undefined : 'not a directory')) return;
  if ('fault' in loaded) {
    findings.isFine('ERROR', DEFINITIONS, loaded.fault);
    return;
  }
  for (const { name, data } of definitionsOf(loaded.chart)) {
    const isReadable = forEachObject(name, fromBytes(data), findings, ({ apiVersion, kind: kindName }) => {
      const isGroup = apiVersion.startsWith('apiextensions.k8s.io');
      findings.isFine('ERROR', name, isGroup ? undefined : "apiVersion is not in 'apiextensions.k8s.io'");
      const isKind = kindName === 'CustomResourceDefinition';
      findings.isFine('ERROR', name, isKind ? undefined : "object kind is not 'CustomResourceDefinition'");
    });
    if (!isReadable) return;
  }
}

/** Those of a chart and its dependencies, each with its path in its own chart's. */
function definitionsOf(chart: Chart): readonly { readonly name: string; readonly data: Uint8Array }[] {
  const own = chart.files.filter(({ name }) => name.startsWith(DEFINITIONS) && /\.(ya?ml|json)$/i.test(name));
  return [...own, ...chart.dependencies.flatMap(definitionsOf)];
}

import { helmCrypto } from '../../src/crypto/helm-crypto.ts';
import type { ChartFile } from '../../src/engines/helm/chart/chart.ts';
import { ChartError } from '../../src/engines/helm/chart/fault.ts';
import { IgnoreError, parseHelmignore } from '../../src/engines/helm/chart/ignore.ts';
import { loadChart } from '../../src/engines/helm/chart/load.ts';
import { manifestStream } from '../../src/engines/helm/manifest-stream.ts';
import { defaultCapabilities } from '../../src/engines/helm/render/capabilities.ts';
import { renderChart } from '../../src/engines/helm/template.ts';
import { mergeUserValues } from '../../src/engines/helm/values/user-values.ts';
import { answered, type Suite } from './case-file.ts';

/** A chart rendered by `helm template` 4.2. */
export interface ChartCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  readonly setString?: readonly string[];
  readonly setJson?: readonly string[];
  readonly setLiteral?: readonly string[];
  readonly release?: string;
  readonly namespace?: string;
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
  readonly isUpgrade?: boolean;
  readonly noHooks?: boolean;
  readonly skipTests?: boolean;
  readonly includeCrds?: boolean;
  readonly expect?: string;
  readonly error?: string;
}

const host = {
  now: () => Date.now(),
  random: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  crypto: helmCrypto,
};

/** Charts, as the standard output of the command. */
export const chartsSuite: Suite<ChartCase> = {
  answer: (testCase) => answered(testCase.name, () => render(testCase)),
  judge: (testCase, { output, error }) => {
    if (testCase.error === undefined) return output === testCase.expect ? 'bytes' : 'wrong';
    if (error === undefined) return 'wrong';
    const wanted = testCase.error
      .replace(/^level=.*\n/, '')
      .replace(/^Error: /, '')
      .split('\n\nUse --debug')[0];
    return error.trim() === wanted?.trim() ? 'bytes' : 'wrong';
  },
};

function render(testCase: ChartCase): string {
  const { values: files = [], ...given } = testCase;
  const values = mergeUserValues({ ...given, files: files.map((text) => ({ name: 'values.yaml', text })) }, () => '');
  const rendered = renderChart(loadChart(chartFiles(testCase.files)), {
    release: {
      name: testCase.release ?? 'rel',
      namespace: testCase.namespace ?? 'ns',
      revision: 1,
      isUpgrade: testCase.isUpgrade === true,
    },
    values,
    capabilities: {
      ...defaultCapabilities,
      kubeVersion: testCase.kubeVersion ?? '1.36.0',
      apiVersions: [...defaultCapabilities.apiVersions, ...(testCase.apiVersions ?? [])],
    },
    host,
  });
  return new TextDecoder().decode(new TextEncoder().encode(manifestStream(rendered, testCase)));
}

/** The files of the chart's directory that .helmignore leaves. */
function chartFiles(files: ChartCase['files']): readonly ChartFile[] {
  try {
    const rules = parseHelmignore(files['.helmignore'] ?? '');
    return Object.entries(files)
      .filter(([name]) => !isIgnored(name, rules))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => ({ name, data: new TextEncoder().encode(text) }));
  } catch (error) {
    throw error instanceof IgnoreError ? new ChartError(error.message) : error;
  }
}

function isIgnored(name: string, rules: ReturnType<typeof parseHelmignore>): boolean {
  const parts = name.split('/');
  return parts.some((_, index) => rules.ignores(parts.slice(0, index + 1).join('/'), index < parts.length - 1));
}

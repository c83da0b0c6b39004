import { goFunction } from '../../gotemplate/value/signature.ts';
import { GoSlice, GoStruct, type Value } from '../../gotemplate/value/values.ts';
import { defaultApiVersions } from './api-versions.ts';

/** What the cluster can do, as charts ask (pkg/chart/common/capabilities.go). */
export interface Capabilities {
  /** `v1.36.3`, or with the addition of a provider. */
  readonly kubeVersion: string;
  /** Group versions, and kinds as `group/version/Kind`. */
  readonly apiVersions: readonly string[];
  /** `v4.2.1`. */
  readonly helmVersion: string;
}

/** The cluster that charts are rendered for when there is none: what Helm's own client knows. */
export const defaultCapabilities: Capabilities = {
  kubeVersion: 'v1.36.0',
  apiVersions: defaultApiVersions,
  helmVersion: 'v4.2',
};

/** A version of Kubernetes as it was given, and its three numbers; undefined for what is none. */
export function parseKubeVersion(
  given: string,
):
  | { readonly version: string; readonly normalized: string; readonly major: string; readonly minor: string }
  | undefined {
  const match = /^\s*v?([0-9]+)\.([0-9]+)((?:\.[0-9]+)*)/.exec(given);
  if (match === null) return undefined;
  const [, major = '', minor = '', rest = ''] = match;
  const numbers = [major, minor, ...rest.split('.').slice(1)].map((part) => String(Number(part)));
  return {
    version: given.startsWith('v') ? given : `v${given}`,
    normalized: `v${numbers.join('.')}`,
    major: String(Number(major)),
    minor: String(Number(minor)),
  };
}

/** `.Capabilities` of a template. */
export function capabilitiesValue({ kubeVersion, apiVersions, helmVersion }: Capabilities): GoStruct {
  const {
    version = kubeVersion,
    normalized = kubeVersion,
    major = '',
    minor = '',
  } = parseKubeVersion(kubeVersion) ?? {};
  const known = new Set(apiVersions);
  const kube = new GoStruct(
    'common.KubeVersion',
    new Map<string, Value>([
      ['Version', version],
      ['Major', major],
      ['Minor', minor],
    ]),
    {
      text: () => normalized,
      methods: new Map([
        ['String', () => goFunction('() string', () => normalized)],
        ['GitVersion', () => goFunction('() string', () => version)],
      ]),
    },
  );
  const versions = new GoSlice(
    [...apiVersions],
    'common.VersionSet',
    false,
    new Map([['Has', () => goFunction('(string) bool', ([wanted]) => known.has(String(wanted)))]]),
  );
  return new GoStruct(
    '*common.Capabilities',
    new Map<string, Value>([
      ['KubeVersion', kube],
      ['APIVersions', versions],
      ['HelmVersion', helmVersionValue(helmVersion)],
    ]),
  );
}

function helmVersionValue(version: string): GoStruct {
  return new GoStruct(
    'version.BuildInfo',
    new Map<string, Value>([
      ['Version', version],
      ['GitCommit', ''],
      ['GitTreeState', ''],
      ['GoVersion', 'go1.26.8'],
      ['KubeClientVersion', 'v1.36'],
    ]),
  );
}

/**
 * Which folder of src may import which (a folder may always import itself). The table of ARCHITECTURE.md, "Folders",
 * as data: tools/check-imports.ts enforces it.
 */
export const importRules: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  yaml: ['lib'],
  crds: ['lib'],
  crypto: ['lib', 'engines/helm'],
  auth: ['lib'],
  'engines/cel': ['lib'],
  'engines/envsubst': ['lib'],
  'engines/patch': ['lib', 'yaml'],
  'engines/gotemplate': ['lib', 'yaml'],
  'engines/kustomize': ['lib', 'yaml', 'engines/patch', 'engines/envsubst'],
  'engines/helm': ['lib', 'yaml', 'engines/gotemplate', 'engines/patch'],
  git: ['lib', 'auth'],
  oci: ['lib', 'auth'],
  bucket: ['lib', 'auth'],
  sops: ['lib', 'yaml', 'auth'],
  artifact: ['lib', 'crds'],
  kube: ['lib', 'crds', 'auth', 'yaml'],
  runtime: ['lib', 'crds', 'kube'],
  apply: ['lib', 'yaml', 'crds', 'kube', 'engines/patch', 'engines/cel'],
  'remote-bases': ['lib', 'git', 'artifact', 'engines/kustomize'],
  'controllers/source': ['*'],
  'controllers/kustomize': ['*'],
  'controllers/helm': ['*'],
  'controllers/notification': ['*'],
  'controllers/image': ['*'],
  cli: [
    'lib',
    'yaml',
    'crds',
    'auth',
    'crypto',
    'engines/cel',
    'engines/envsubst',
    'engines/patch',
    'engines/gotemplate',
    'engines/kustomize',
    'engines/helm',
    'git',
    'oci',
    'bucket',
    'sops',
    'artifact',
    'remote-bases',
    'kube',
    'apply',
  ],
  'dashboard/api': ['lib', 'yaml', 'crds', 'kube', 'runtime'],
  'dashboard/web': [
    'lib',
    'crds',
    'engines/cel',
    'engines/envsubst',
    'engines/patch',
    'engines/gotemplate',
    'engines/kustomize',
    'engines/helm',
  ],
};

/** For the rows with `*`: everything but another controller group, cli and dashboard. */
export const neverForControllers: readonly string[] = ['controllers', 'cli', 'dashboard'];

/** Folders that run anywhere, a browser included: no Node module that touches the machine. */
export const pureFolders: readonly string[] = ['lib', 'yaml', 'crds', 'engines'];

/** Node modules that pure folders may not import. */
export const machineModules: readonly string[] = [
  'fs',
  'fs/promises',
  'net',
  'tls',
  'http',
  'http2',
  'https',
  'child_process',
  'process',
  'os',
  'dgram',
  'dns',
  'worker_threads',
  'crypto',
  'zlib',
];

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ProcessGroup } from '../support/process-group.ts';
import { goVersion, kubernetesVersion, type Program, type ProgramName, programs } from './versions.ts';

const run = promisify(execFile);

/** A program of the control plane could not be built. The message says what to do about it. */
export class BuildError extends Error {
  override name = 'BuildError';
}

export interface BuildOptions {
  /** Where the built programs go. Scratch space is made inside, so that a program appears by one atomic rename. */
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

const deadlineMs = 60 * 60 * 1000;

/** Builds the named programs from their Go modules into `options.folder`, one after the other, reporting progress. */
export async function buildPrograms(names: readonly ProgramName[], options: BuildOptions): Promise<void> {
  const { folder, log } = options;
  const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), ...(options.signal ? [options.signal] : [])]);
  await requireGo(names, signal);
  const scratch = await mkdtemp(join(folder, '.build-'));
  await using group = new ProcessGroup([scratch]);
  log(`test programs: building ${names.join(', ')} with Go, once, into ${folder}`);
  const started = performance.now();
  const moduleDirs = new Map<string, Promise<string>>();
  for (const name of names) {
    const program = programs[name];
    const moduleDir = moduleDirs.get(program.module) ?? writeModule(program, scratch, signal);
    moduleDirs.set(program.module, moduleDir);
    const built = await compile(group, name, await moduleDir, { log, signal });
    await rename(built, join(folder, name));
  }
  log(`test programs: built in ${elapsed(started)}`);
}

async function requireGo(names: readonly ProgramName[], signal: AbortSignal): Promise<void> {
  const wanted = `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} neither in KUBEBUILDER_ASSETS nor in the cache`;
  const remedy =
    `install Go ${goVersion} or newer (https://go.dev/dl; 1.21 or newer fetches ${goVersion} by itself), ` +
    'or set KUBEBUILDER_ASSETS to a folder that holds these programs';
  let version: string;
  try {
    version = (await run('go', ['env', 'GOVERSION'], { signal })).stdout.trim();
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new BuildError(`${wanted}, and there is no Go to build ${names.length === 1 ? 'it' : 'them'}: ${remedy}`, {
      cause,
    });
  }
  const [, major = '0', minor = '0'] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) === 1 && Number(minor) < 21) {
    throw new BuildError(`${wanted}, and ${version} is too old to build with: ${remedy}`);
  }
}

/** Go must see nothing of the user's workspace, flags or C compiler; proxy, caches and toolchain choice stay theirs. */
function goEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(inherited), GOFLAGS: '-mod=mod -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };
}

/** Makes a Go module that requires the one program's module, and gives its folder. */
async function writeModule(program: Program, scratch: string, signal: AbortSignal): Promise<string> {
  const dir = await mkdtemp(join(scratch, 'module-'));
  const replaced = program.module === 'k8s.io/kubernetes' ? await stagingModules(program, dir, signal) : [];
  // k8s.io/kubernetes replaces its staging modules by folders of its own, which nobody else can use
  const published = program.version.replace(/^v1\./, 'v0.');
  const lines = [
    'module controlplane',
    `go ${goVersion}.0`,
    `require ${program.module} ${program.version}`,
    ...replaced.map((path) => `replace ${path} => ${path} ${published}`),
  ];
  await writeFile(join(dir, 'go.mod'), `${lines.join('\n')}\n`);
  if (program.package.startsWith('./')) {
    await copyFile(join(import.meta.dirname, program.package), join(dir, program.package));
  }
  return dir;
}

/** The modules that a Kubernetes release develops in its own repository, from the replace directives of its go.mod. */
async function stagingModules(program: Program, dir: string, signal: AbortSignal): Promise<string[]> {
  const json = async (args: string[]): Promise<unknown> => {
    const { stdout } = await run('go', args, { cwd: dir, env: goEnvironment(), signal, maxBuffer: 16 << 20 }).catch(
      (cause: Error & { stdout?: string; stderr?: string }) => {
        throw new BuildError(`go ${args.join(' ')} failed: ${(cause.stderr || cause.stdout || cause.message).trim()}`, {
          cause,
        });
      },
    );
    return JSON.parse(stdout);
  };
  const { GoMod: file } = (await json(['mod', 'download', '-json', `${program.module}@${program.version}`])) as {
    GoMod: string;
  };
  await mkdir(join(dir, 'upstream'));
  const copy = join(dir, 'upstream', 'go.mod'); // the module cache is read-only, which go mod edit does not like
  await writeFile(copy, await readFile(file));
  const { Replace: replace } = (await json(['mod', 'edit', '-json', copy])) as {
    Replace?: { Old: { Path: string }; New: { Path: string } }[];
  };
  return (replace ?? []).filter(({ New }) => New.Path.startsWith('./staging/')).map(({ Old }) => Old.Path);
}

/** Without these, a Kubernetes program built from modules says that it is v0.0.0-master. */
function linkerFlags({ module }: Program): string {
  if (module !== 'k8s.io/kubernetes') return '-s -w';
  const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
  const values = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const settings = packages.flatMap((path) =>
    Object.entries(values).map(([key, value]) => `-X ${path}.${key}=${value}`),
  );
  return ['-s -w', ...settings].join(' ');
}

async function compile(
  group: ProcessGroup,
  name: ProgramName,
  moduleDir: string,
  { log, signal }: { log: (line: string) => void; signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted();
  const program = programs[name];
  const out = join(moduleDir, name);
  const started = performance.now();
  const args = ['build', '-v', '-ldflags', linkerFlags(program), '-o', out, program.package];
  // beside the module, and not among the user's temporary files, where a killed Go would leave them
  const env = { ...goEnvironment(), GOTMPDIR: dirname(moduleDir) };
  const go = await group.spawn('go', args, { cwd: moduleDir, env });
  const abort = (): void => go.signal('SIGKILL');
  signal.addEventListener('abort', abort, { once: true });
  const progress = { packages: 0, downloads: 0, last: [] as string[] };
  go.child.stdout?.resume();
  if (go.child.stderr !== null) {
    createInterface({ input: go.child.stderr }).on('line', (line) => {
      if (line.startsWith('go: downloading ')) progress.downloads++;
      else if (/^[\w./~-]+$/.test(line)) progress.packages++;
      progress.last = [...progress.last.slice(-20), line];
    });
  }
  const report = (): void => {
    const what =
      progress.packages > 0 ? `${progress.packages} packages compiled` : `${progress.downloads} modules fetched`;
    log(`test programs: building ${name} ${program.version}: ${what}, ${elapsed(started)}`);
  };
  report();
  const ticker = setInterval(report, 5000);
  try {
    go.child.ref();
    const code = await go.exited;
    signal.throwIfAborted();
    if (code !== 0) throw new BuildError(`building ${name} failed (${code}):\n${progress.last.join('\n')}`);
    log(`test programs: built ${name} ${program.version} in ${elapsed(started)}`);
    return out;
  } finally {
    clearInterval(ticker);
    signal.removeEventListener('abort', abort);
  }
}

function elapsed(since: number): string {
  const seconds = Math.round((performance.now() - since) / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

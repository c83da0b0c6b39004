/**
 * Records what the original sops makes of the fixtures in src/sops/testdata, and encrypts the repositories that tests of
 * the kustomize-controller build.
 *
 * Usage: node tools/record-sops.ts SOPS [CASE...]
 *
 * SOPS is the program (`go install github.com/getsops/sops/v3/cmd/sops`); gpg has to be there for the PGP cases. Each
 * `case.json` names the plain file and the arguments of the encryption; `encrypted` (the document) and `expected` (what
 * sops decrypts it to) are written beside it. A repository's `case.json` has a creation rule per file that is encrypted on
 * the way from `plain` to `tree`; `decrypted` is the way back. The keys under `testdata/keys` are for these tests alone.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';

interface Fixture {
  /** The plain file; its name decides the format. */
  readonly plain: string;
  /** How it is encrypted. */
  readonly args?: readonly string[];
  /** The creation rule, for what arguments cannot say. */
  readonly rule?: Readonly<Record<string, unknown>>;
}

const testdata = join(import.meta.dirname, '../src/sops/testdata');
const keys = join(testdata, 'keys');
const repository = join(import.meta.dirname, '../src/controllers/kustomize/decryption/testdata/repository');
const [program = '', ...wanted] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'record-sops-'));
const environment = {
  ...process.env,
  GNUPGHOME: home,
  SOPS_AGE_KEY: globSync('*.agekey', { cwd: keys })
    .map((name) => readFileSync(join(keys, name), 'utf8'))
    .join('\n'),
};
try {
  const version = run(program, ['--version', '--disable-version-check'], 'utf8');
  const armored = globSync('*.asc', { cwd: keys });
  if (armored.length > 0) run('gpg', ['--batch', '--quiet', '--import', ...armored.map((name) => join(keys, name))]);
  for (const file of globSync('*/case.json', { cwd: testdata })) {
    if (wanted.length === 0 || wanted.includes(dirname(file))) record(join(testdata, dirname(file)));
  }
  if (wanted.length === 0 || wanted.includes('repository')) encryptRepository();
  writeFileSync(join(testdata, 'version.txt'), version);
} finally {
  rmSync(home, { recursive: true, force: true });
}

function record(folder: string): void {
  const { plain, args = [], rule = {} } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Fixture;
  const file = join(home, `document${extname(plain)}`);
  copyFileSync(join(folder, plain), file);
  writeFileSync(join(home, '.sops.yaml'), JSON.stringify({ creation_rules: [rule] }));
  run(program, ['encrypt', '--in-place', ...args, file]);
  copyFileSync(file, join(folder, 'encrypted'));
  // sops 3.13.2 finds a wrong MAC where a list has comments (its own encryption and all other versions leave them out).
  writeFileSync(join(folder, 'expected'), run(program, ['decrypt', '--ignore-mac', file]));
}

function encryptRepository(): void {
  type Rules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const rules = JSON.parse(readFileSync(join(repository, 'case.json'), 'utf8')) as Rules;
  const [age] = /age1[a-z0-9]+/.exec(readFileSync(join(keys, 'one.agekey'), 'utf8')) ?? [];
  const [tree, decrypted] = [join(repository, 'tree'), join(repository, 'decrypted')];
  for (const folder of [tree, decrypted]) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(repository, 'plain'), folder, { recursive: true });
  }
  for (const [file, rule] of Object.entries(rules)) {
    writeFileSync(join(home, '.sops.yaml'), JSON.stringify({ creation_rules: [{ ...rule, age }] }));
    run(program, ['--config', join(home, '.sops.yaml'), 'encrypt', '--in-place', join(tree, file)]);
    writeFileSync(join(decrypted, file), run(program, ['decrypt', join(tree, file)]));
  }
}

function run(command: string, args: readonly string[]): Buffer;
function run(command: string, args: readonly string[], encoding: 'utf8'): string;
function run(command: string, args: readonly string[], encoding?: 'utf8'): Buffer | string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    env: environment,
    cwd: home,
    encoding: encoding ?? null,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

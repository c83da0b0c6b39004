import { mkdir } from 'node:fs/promises';
import type { Fault } from './faults.ts';
import { git } from './git.ts';
import type { Webhook } from './webhook.ts';

/** A file to be committed: its content, or what else Git can have at a path. `null` removes the path. */
export type FileChange =
  | string
  | Uint8Array
  | { readonly executable: string | Uint8Array }
  | { readonly symlink: string }
  | { readonly submodule: string }
  | null;

export interface CommitOptions {
  /** Path to change; what is not named stays as it is in the parent. */
  readonly files?: Readonly<Record<string, FileChange>>;
  /** Branch that moves to the new commit; `main` when absent. */
  readonly branch?: string;
  readonly message?: string;
  /**
   * The parent. When absent the branch's newest commit, or none for a branch that does not exist. Another commit, or
   * `null` for none, rewrites the branch's history, as a forced push does.
   */
  readonly parent?: string | null;
  /** Author and committer; a fixed identity when absent. */
  readonly author?: { readonly name: string; readonly email: string };
  /** When it was committed; now when absent. */
  readonly date?: Date;
}

/** Who may use a repository over HTTP. */
export type Access = { readonly username: string; readonly password: string } | { readonly bearer: string };

/** A bare repository that a Git server serves, and the quick way to change it without a clone. */
export class Repository {
  /** Its folder on disk. */
  readonly dir: string;
  /** Where clients find it. */
  readonly url: string;
  /** Without these credentials the answer is 401; everybody may read and push when undefined. */
  access: Access | undefined;
  /** What goes wrong with requests to it; change it at any time. */
  fault: Fault | undefined;
  /** Whom to tell of pushes over HTTP, asked at each; undefined for nobody. */
  webhook: (() => Promise<Webhook | undefined>) | undefined;

  constructor(dir: string, url: string, access: Access | undefined) {
    this.dir = dir;
    this.url = url;
    this.access = access;
  }

  /** Makes the empty repository on disk, with HEAD at `main`. */
  async init(): Promise<void> {
    await mkdir(this.dir, { recursive: true });
    await git(this.dir, ['init', '--quiet', '--bare', '--initial-branch=main', '.']);
    await git(this.dir, ['config', 'http.receivepack', 'true']);
    await git(this.dir, ['config', 'uploadpack.allowFilter', 'true']);
  }

  /** Commits and moves the branch, at once and atomically, as a push would. Gives the commit's id. */
  async commit(options: CommitOptions = {}): Promise<string> {
    const { files = {}, branch = 'main', message = 'Change files', date = new Date() } = options;
    const { name, email } = options.author ?? { name: 'Test', email: 'test@example.com' };
    const parent = options.parent === undefined ? await this.head(branch) : options.parent;
    const parts: (string | Uint8Array)[] = [
      `commit refs/heads/${branch}\n`,
      'mark :1\n',
      `committer ${name} <${email}> ${Math.floor(date.getTime() / 1000)} +0000\n`,
      ...data(message),
      parent === null ? '' : `from ${parent}\n`,
    ];
    // removals first, so that a file can make room for a folder of its name
    for (const [path, change] of Object.entries(files)) if (change === null) parts.push(`D ${quote(path)}\n`);
    for (const [path, change] of Object.entries(files)) if (change !== null) parts.push(...modify(path, change));
    parts.push('get-mark :1\n', 'done\n');
    // a branch that exists without being named as the parent would be taken for the parent: reset cuts it off
    if (parent === null) parts.unshift(`reset refs/heads/${branch}\n\n`);
    const stream = Buffer.concat(parts.map((part) => Buffer.from(part)));
    return git(this.dir, ['fast-import', '--quiet', '--force', '--done'], stream);
  }

  /** The newest commit of a branch, or null when there is no such branch. */
  async head(branch = 'main'): Promise<string | null> {
    return (await git(this.dir, ['for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`])) || null;
  }

  /** Sets a tag, moving it if it exists: a lightweight one, or an annotated one when there is a message. */
  async tag(name: string, options: { readonly commit?: string; readonly message?: string } = {}): Promise<void> {
    const annotation = options.message === undefined ? [] : ['--annotate', `--message=${options.message}`];
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    await git(this.dir, [...identity, 'tag', '--force', ...annotation, name, options.commit ?? 'HEAD']);
  }

  /** Sets any reference, `refs/pull/1/head` for instance; null deletes it. */
  async setRef(ref: string, commit: string | null): Promise<void> {
    await git(this.dir, commit === null ? ['update-ref', '-d', ref] : ['update-ref', ref, commit]);
  }

  async deleteBranch(branch: string): Promise<void> {
    await this.setRef(`refs/heads/${branch}`, null);
  }

  /** Makes HEAD, the default branch, point to a branch, which need not exist. */
  async setDefaultBranch(branch: string): Promise<void> {
    await git(this.dir, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
  }
}

/** `data` of a fast-import stream (git-fast-import(1)): the length, then the bytes as they are. */
function data(content: string | Uint8Array): (string | Uint8Array)[] {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

function modify(path: string, change: NonNullable<FileChange>): (string | Uint8Array)[] {
  if (typeof change === 'string' || change instanceof Uint8Array) return inline('100644', path, change);
  if ('executable' in change) return inline('100755', path, change.executable);
  if ('symlink' in change) return inline('120000', path, change.symlink);
  return [`M 160000 ${change.submodule} ${quote(path)}\n`];
}

function inline(mode: string, path: string, content: string | Uint8Array): (string | Uint8Array)[] {
  return [`M ${mode} inline ${quote(path)}\n`, ...data(content)];
}

/** A path as a C-style string, in which any byte can be written. */
function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Contents by path; `link:TARGET` makes a symlink, `exec:` an executable file, null removes the file. */
export type Files = Readonly<Record<string, string | null>>;

const environment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Grace',
  GIT_COMMITTER_EMAIL: 'grace@example.com',
  GIT_ALLOW_PROTOCOL: 'file:http:https',
  LC_ALL: 'C',
};

/** A folder for one test file, removed at its end. */
export function scratchFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'sluice-git-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A repository made with git itself: a work tree whose `.git` is served. */
export class ScratchRepository {
  readonly dir: string;
  #seconds = 1_700_000_000;

  constructor(dir: string, options: { readonly objectFormat?: string; readonly branch?: string } = {}) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    this.git('init', '-q', '-b', options.branch ?? 'main', `--object-format=${options.objectFormat ?? 'sha1'}`);
    this.git('config', 'uploadpack.allowFilter', 'true');
    this.git('config', 'http.uploadpack', 'true');
  }

  /** Runs git in the repository and gives what it prints, trimmed. */
  git(...args: string[]): string {
    return this.gitBytes(...args)
      .toString('utf8')
      .trim();
  }

  gitBytes(...args: string[]): Buffer {
    const date = `${this.#seconds} +0200`;
    const env = { ...environment, PATH: process.env['PATH'], GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    return execFileSync('git', args, { cwd: this.dir, env, maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** One more commit, a minute after the one before; gives its name. */
  commit(files: Files, message = 'a change'): string {
    this.#seconds += 60;
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.dir, path);
      rmSync(file, { force: true, recursive: true });
      if (content === null) {
        continue;
      }
      mkdirSync(dirname(file), { recursive: true });
      if (content.startsWith('link:')) {
        execFileSync('ln', ['-s', content.slice(5), file]);
      } else {
        writeFileSync(file, content.replace(/^exec:/, ''), { mode: content.startsWith('exec:') ? 0o755 : 0o644 });
      }
    }
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Every file of a commit as git itself knows it: `mode path` to content. */
  files(commit: string): Map<string, Buffer> {
    const listing = this.gitBytes('ls-tree', '-r', '-z', commit).toString('utf8');
    const files = new Map<string, Buffer>();
    for (const line of listing.split('\0').filter((text) => text !== '')) {
      const [, mode = '', type, oid = '', path = ''] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(line) ?? [];
      if (type === 'blob') {
        files.set(`${mode} ${path}`, this.gitBytes('cat-file', 'blob', oid));
      }
    }
    return files;
  }
}

import fs from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import git from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { withDeadline } from '../../lib/async.ts';

const pushTimeoutMs = 60_000;
const author = { name: 'Sluice demo', email: 'demo@example.com' };

/** A commit to be made: new contents by path; `null` removes the file. */
export interface FleetChange {
  readonly message: string;
  readonly files: Readonly<Record<string, string | null>>;
}

/** A clone with a work tree, in which the user may go on working with git. */
export class FleetClone {
  readonly dir: string;
  readonly url: string;

  private constructor(dir: string, url: string) {
    this.dir = dir;
    this.url = url;
  }

  /** Makes a repository of a folder's files in `dir`, and sets it up to push to an empty one at `url`. */
  static async create(files: string, dir: string, url: string): Promise<FleetClone> {
    await cp(files, dir, { recursive: true });
    await git.init({ fs, dir, defaultBranch: 'main' });
    await git.addRemote({ fs, dir, remote: 'origin', url });
    const settings = {
      'branch.main.remote': 'origin',
      'branch.main.merge': 'refs/heads/main',
      'user.name': author.name,
      'user.email': author.email,
    };
    for (const [path, value] of Object.entries(settings)) await git.setConfig({ fs, dir, path, value });
    return new FleetClone(dir, url);
  }

  /** Commits every file of the work tree, and pushes. Gives the commit's id. */
  async pushAll(message: string, signal: AbortSignal): Promise<string> {
    await git.add({ fs, dir: this.dir, filepath: '.' });
    return this.#commitAndPush(message, signal);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.dir, path), 'utf8');
  }

  /** Changes files, commits and pushes. Gives the commit's id. */
  async push({ message, files }: FleetChange, signal: AbortSignal): Promise<string> {
    for (const [filepath, content] of Object.entries(files)) {
      const path = join(this.dir, filepath);
      if (content === null) {
        await rm(path);
        await git.remove({ fs, dir: this.dir, filepath });
      } else {
        await writeFile(path, content);
        await git.add({ fs, dir: this.dir, filepath });
      }
    }
    return this.#commitAndPush(message, signal);
  }

  async #commitAndPush(message: string, signal: AbortSignal): Promise<string> {
    const { dir } = this;
    const commit = await git.commit({ fs, dir, message, author });
    const within = withDeadline(signal, pushTimeoutMs);
    const result = await git.push({ fs, http, dir, remote: 'origin', ref: 'main', signal: within });
    if (!result.ok) throw new Error(`the Git server refused the push: ${result.error ?? JSON.stringify(result.refs)}`);
    return commit;
  }
}

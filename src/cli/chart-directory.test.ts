import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { readChart } from './chart-directory.ts';

function inFolder(files: Readonly<Record<string, string>>, check: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chart-'));
  try {
    for (const [name, text] of Object.entries({
      'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\n',
      ...files,
    })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('readChart', () => {
  it('follows links, as the original does', () => {
    inFolder({ 'real/a.yaml': 'a: 1' }, (folder) => {
      symlinkSync(join(folder, 'real'), join(folder, 'templates'));
      assert.deepEqual(
        readChart(folder).templates.map(({ name }) => name),
        ['templates/a.yaml'],
      );
    });
  });

  it('refuses a link to a directory that it lies in', () => {
    inFolder({ 'templates/a.yaml': '' }, (folder) => {
      symlinkSync(folder, join(folder, 'templates', 'again'));
      assert.throws(() => readChart(folder), /link to a directory that it lies in/);
    });
  });

  it('refuses a file that is too large', () => {
    inFolder({ big: ' '.repeat((5 << 20) + 1) }, (folder) =>
      assert.throws(() => readChart(folder), /larger than the maximum file size 5242880/),
    );
  });

  it('leaves out what .helmignore names', () => {
    inFolder({ '.helmignore': '*.md\ndocs/\n', 'a.md': '', 'docs/b.txt': '', 'c.txt': '' }, (folder) =>
      assert.deepEqual(
        readChart(folder).files.map(({ name }) => name),
        ['.helmignore', 'c.txt'],
      ),
    );
  });

  it('names a path that is not there', () =>
    assert.throws(() => readChart('/none/at/all'), /path "\/none\/at\/all" not found/));
});

/**
 * Installs, upgrades and uninstalls charts on a control plane of its own, and tells what is left of each.
 *
 * Usage: node tools/try-charts.ts CHART... [--by actions|http|oci|chart-ref] [--values PATH] [--timeout SECONDS]
 *
 * A chart is a directory or a .tgz with its dependencies. It is installed with these values over its own, waited for,
 * looked at for drift, upgraded to its next minor version (all labels with the version change), and uninstalled.
 * Objects must keep their uids in the upgrade, and none may be left but those that are kept and definitions of `crds`.
 * Values are a file for all charts, or a directory with files named after them. Charts go by the actions alone, or
 * through our controllers: from a chart repository (`http`), or from a registry, as a HelmRepository of the type `oci`
 * (`oci`) or as OCIRepositories (`chart-ref`). Exits with 1 when anything is wrong.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseYaml } from '../src/yaml/parse.ts';
import { tryActions } from './try-charts/actions.ts';
import { tryReleases } from './try-charts/releases.ts';
import { isWay } from './try-charts/sources.ts';
import { readTrial, type Trial } from './try-charts/trial.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    by: { type: 'string', default: 'actions' },
    timeout: { type: 'string', default: '120' },
    values: { type: 'string' },
  },
});
const timeoutMs = Number(flags.timeout) * 1_000;
if (flags.by !== 'actions' && !isWay(flags.by)) throw new Error(`there is no way ${flags.by}`);
const trials = flags.by === 'actions' ? await tryActions(timeoutMs) : await tryReleases(flags.by, timeoutMs);

try {
  for (const path of positionals) {
    try {
      const trial = readTrial(resolve(path), valuesOf);
      console.log(`${trial.chart.metadata.name}: ${await trials.run(trial)}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`${path}: FAILED ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  await trials.stop();
}

function valuesOf(name: string): Trial['values'] {
  if (flags.values === undefined) return {};
  const file = statSync(flags.values).isDirectory() ? join(flags.values, `${name}.yaml`) : flags.values;
  return existsSync(file) ? (parseYaml(readFileSync(file, 'utf8')) as Trial['values']) : {};
}

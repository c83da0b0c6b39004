import type { FunctionTable } from '../../gotemplate/exec/scope.ts';
import { certificateFunctions } from './certificates.ts';
import { chartFunctions } from './chart.ts';
import { jsonFunctions } from './data.ts';
import { dateFunctions } from './dates.ts';
import { defaultFunctions } from './defaults.ts';
import { dictFunctions } from './dicts.ts';
import { durationFunctions } from './durations.ts';
import { encodingFunctions } from './encoding.ts';
import { hashFunctions } from './hashes.ts';
import { listFunctions } from './lists.ts';
import { mathFunctions } from './math.ts';
import { pathFunctions } from './paths.ts';
import { randomFunctions } from './random.ts';
import { regexFunctions } from './regex.ts';
import { semverFunctions } from './semver.ts';
import { stringFunctions } from './strings.ts';
import { tomlFunctions } from './toml.ts';
import { urlFunctions } from './url.ts';
import { yamlFunctions } from './yaml.ts';

/** The functions of Helm's templates beside text/template's own, by name, grouped as sprig's documentation groups them. */
export const helmFunctions: FunctionTable = new Map([
  ...stringFunctions,
  ...regexFunctions,
  ...mathFunctions,
  ...listFunctions,
  ...dictFunctions,
  ...defaultFunctions,
  ...dateFunctions,
  ...durationFunctions,
  ...encodingFunctions,
  ...jsonFunctions,
  ...yamlFunctions,
  ...tomlFunctions,
  ...pathFunctions,
  ...urlFunctions,
  ...semverFunctions,
  ...hashFunctions,
  ...certificateFunctions,
  ...randomFunctions,
  ...chartFunctions,
]);

import { quote } from '../gotemplate/parse/quote.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_LENGTH = 53;

/** Why a text cannot be the name of a release; undefined when it can (pkg/chart/v2/util, ValidateReleaseName). */
export function releaseNameProblem(name: string): string | undefined {
  if (name === '') return `release name ${quote(name)}: no name provided`;
  if (name.length <= MAX_LENGTH && NAME.test(name)) return undefined;
  return `release name ${quote(name)}: invalid release name, must match regex ${NAME.source} and the length must not be longer than ${MAX_LENGTH}`;
}

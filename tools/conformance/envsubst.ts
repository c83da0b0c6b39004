import { envsubst } from '../../src/engines/envsubst/envsubst.ts';
import { answered, type Suite } from './case-file.ts';

/** A substitution, recorded from Flux 2.9. */
export interface EnvsubstCase {
  readonly template: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly strict: boolean;
  readonly expect?: string;
  readonly error?: string;
}

/** Substitutions have no names: they are called by their lines. */
export const envsubstSuite: Suite<EnvsubstCase> = {
  answer: ({ template, vars, strict }, line) =>
    answered(`line ${line}`, () =>
      envsubst(template, (name) => (Object.hasOwn(vars, name) ? vars[name] : undefined), { strict }),
    ),
  judge: (testCase, { output, error }) => {
    if (testCase.error !== undefined) return error === undefined ? 'wrong' : 'bytes';
    return output === testCase.expect ? 'bytes' : 'wrong';
  },
};

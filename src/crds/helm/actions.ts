import { duration } from '../meta/fields.ts';
import { array, boolean, integer, object, string } from '../schema/builders.ts';
import { type CelRule, required } from '../schema/schema.ts';

const disableHooks = boolean('Whether hooks are left out.');
const disableWait = boolean('Whether not to wait for the objects to become healthy.');
const disableWaitForJobs = boolean('Whether not to wait for Jobs to complete.');
const disableOpenAPIValidation = boolean(
  'Whether Helm itself does not check objects against the schema of the API server. Every supported server does that, so it changes nothing.',
);
const disableSchemaValidation = boolean('Whether values are not checked against the values.schema.json of the chart.');
const disableTakeOwnership = boolean(
  'Whether to fail on objects that do not belong to the release, instead of taking them.',
);
const cleanupOnFail = boolean('Whether to delete new objects when the action fails.');
const timeout = duration('Limit for each operation on an object. Default: `spec.timeout`.');
const ignoreTestFailures = boolean('Whether failed tests are no failure. Default: `spec.test.ignoreFailures`.');
const retries = integer('How often to remedy and try again. Default 0; below that without end.');

const crds = (fallback: string) =>
  string(
    `What to do with the CRDs of the chart: nothing, create those that are missing, or also replace the others. Default: \`${fallback}\`.`,
    {
      enum: ['Skip', 'Create', 'CreateReplace'],
    },
  );

const serverSideApply = string(
  'Whether objects are applied by the server: yes, no, or as they were in the last release (`auto`, the default).',
  { enum: ['enabled', 'disabled', 'auto'] },
);

const strategy = (rule: CelRule) =>
  object(
    'What to do when the action fails.',
    {
      name: required(
        string(
          'Remedy and try again (`RemediateOnFailure`, the default), or go on from what is there (`RetryOnFailure`).',
          {
            enum: ['RemediateOnFailure', 'RetryOnFailure'],
          },
        ),
      ),
      retryInterval: duration('When to try again. Default: five minutes. Only with `RetryOnFailure`.'),
    },
    { rules: [rule] },
  );

/** `spec.install`. */
export const install = object('How to install.', {
  crds: crds('Create'),
  createNamespace: boolean('Whether to create the target namespace when it does not exist.'),
  disableHooks,
  disableOpenAPIValidation,
  disableSchemaValidation,
  disableTakeOwnership,
  disableWait,
  disableWaitForJobs,
  remediation: object('What to do when the install fails: uninstall, and try again.', {
    ignoreTestFailures,
    remediateLastFailure: boolean('Whether to uninstall also after the last try. Default: false.'),
    retries,
  }),
  replace: boolean('Whether to take up again the name of a release that was deleted but kept in the history.'),
  serverSideApply: boolean('Whether objects are applied by the server. Default: true.'),
  skipCRDs: boolean('Deprecated: use `crds`. Whether CRDs of the chart are left out.'),
  strategy: strategy({
    rule: "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
    message: ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
  }),
  timeout,
});

/** `spec.upgrade`. */
export const upgrade = object('How to upgrade.', {
  chartNameChangeStrategy: string(
    'What to do when the chart gets another name: uninstall and install (`Reinstall`, the default), or upgrade.',
    { enum: ['InPlaceUpdate', 'Reinstall'] },
  ),
  cleanupOnFail,
  crds: crds('Skip'),
  disableHooks,
  disableOpenAPIValidation,
  disableSchemaValidation,
  disableTakeOwnership,
  disableWait,
  disableWaitForJobs,
  force: boolean('Whether to replace objects instead of changing them. Without effect when the server applies.'),
  preserveValues: boolean('Whether to keep the values of the last release and merge the new ones in.'),
  remediation: object('What to do when the upgrade fails.', {
    ignoreTestFailures,
    remediateLastFailure: boolean(
      'Whether to remedy also after the last try. Default: true when `retries` is above 0.',
    ),
    retries,
    strategy: string('How to remedy: roll back (the default) or uninstall.', { enum: ['rollback', 'uninstall'] }),
  }),
  serverSideApply,
  strategy: strategy({
    rule: "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
    message: ".retryInterval can only be set when .name is 'RetryOnFailure'",
  }),
  timeout,
});

/** `spec.rollback`. */
export const rollback = object('How to roll back.', {
  cleanupOnFail,
  disableHooks,
  disableWait,
  disableWaitForJobs,
  force: boolean('Whether to replace objects instead of changing them.'),
  recreate: boolean('Deprecated, without effect.'),
  serverSideApply,
  timeout,
});

/** `spec.uninstall`. */
export const uninstall = object('How to uninstall.', {
  deletionPropagation: string('How objects that depend on the deleted ones are deleted.', {
    enum: ['background', 'foreground', 'orphan'],
    default: 'background',
  }),
  disableHooks,
  disableWait: boolean('Whether not to wait for the objects to be gone.'),
  keepHistory: boolean('Whether to keep the history of the release.'),
  timeout,
});

/** `spec.test`. */
export const test = object('How to test.', {
  enable: boolean('Whether to run the tests of the chart after each install and upgrade.'),
  filters: array(
    'Which tests to run. Default: all.',
    object('A test to run, or to leave out.', {
      exclude: boolean('Whether the test is left out.'),
      name: required(string('Name of the test.', { minLength: 1, maxLength: 253 })),
    }),
  ),
  ignoreFailures: boolean('Whether failed tests are no failure of the release.'),
  timeout,
});

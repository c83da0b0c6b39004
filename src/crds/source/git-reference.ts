import { object, string } from '../schema/builders.ts';

/** `GitRepositoryRef`: what to check out. Used by GitRepository and ImageUpdateAutomation. */
export const gitReference = object(
  'What to check out. When several are given: commit, name, semver, tag, branch, in this order. Without any the branch `master`.',
  {
    branch: string('Branch to check out.'),
    commit: string('Commit to check out, as full hash. With `branch`, the commit must be part of that branch.'),
    name: string('Full name of a reference, such as `refs/pull/420/head`.'),
    semver: string('Range of versions; the highest tag within it is checked out.'),
    tag: string('Tag to check out.'),
  },
);

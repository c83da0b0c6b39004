import { BuildError, prefixed } from '../build-error.ts';
import { idText } from './res-id.ts';
import type { Resource } from './resource.ts';

/** How many objects with problems are told of at once. */
const maxProblems = 10;

/**
 * Does something with every object. Unlike the original, which stops at the first object that it cannot be done with,
 * this tells of several. Throws {@link BuildError}, which names the object and its file.
 */
export function eachResource(resources: readonly Resource[], action: (resource: Resource) => void): void {
  const problems: BuildError[] = [];
  for (const resource of resources) {
    try {
      action(resource);
    } catch (error) {
      problems.push(placed(error, resource));
      if (problems.length === maxProblems) break;
    }
  }
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) throw first;
  throw new BuildError(problems.map(({ message }) => message).join('; '), {
    ...first,
    quotes: problems.flatMap(({ quotes }) => quotes),
    cause: first,
  });
}

function placed(error: unknown, resource: Resource): BuildError {
  const { file } = resource;
  if (!(error instanceof BuildError)) return prefixed(error, idText(resource.id()), { file });
  return error.file === undefined ? new BuildError(error.message, { ...error, file, cause: error }) : error;
}

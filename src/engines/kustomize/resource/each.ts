import { BuildError, located, prefixed } from '../build-error.ts';
import { collect } from '../problems.ts';
import { idText } from './res-id.ts';
import type { Resource } from './resource.ts';

/**
 * Does something with every object. Unlike the original, which stops at the first object that it cannot be done with,
 * this tells of several. Throws {@link BuildError}, which names the object and its file.
 */
export function eachResource(resources: readonly Resource[], action: (resource: Resource) => void): void {
  collect(resources, (resource) => {
    try {
      action(resource);
    } catch (error) {
      throw placed(error, resource);
    }
  });
}

function placed(error: unknown, resource: Resource): BuildError {
  const { file } = resource;
  if (!(error instanceof BuildError)) return prefixed(error, idText(resource.id()), { file });
  return located(error, { file });
}

import { type LabelMatcher, parseLabelSelector } from '../../../lib/label-selector.ts';
import { prefixed } from '../build-error.ts';
import type { Selector } from '../kustomization/types.ts';
import { compileAnchored } from '../paths/regex.ts';
import { effectiveNamespace, type Gvk, type ResId } from './res-id.ts';
import type { Resource } from './resource.ts';

/** A selector whose parts are patterns that the whole text must match; missing parts match anything. */
export interface SelectorRegex {
  gvk(gvk: Gvk): boolean;
  name(name: string): boolean;
  namespace(namespace: string): boolean;
}

/** Compiles the patterns of a selector. Throws BuildError on bad ones. */
export function compileSelector(selector: Selector): SelectorRegex {
  const { group = '', version = '', kind = '', name = '', namespace = '' } = selector;
  const [groups, versions, kinds] = [group, version, kind].map(compileAnchored);
  const names = compileAnchored(name);
  const namespaces = compileAnchored(namespace);
  return {
    gvk: (gvk) =>
      groups?.test(gvk.group) === true && versions?.test(gvk.version) === true && kinds?.test(gvk.kind) === true,
    name: (text) => names.test(text),
    namespace: (text) => namespaces.test(text),
  };
}

/** The objects that a patch's target means: by their first or present name and namespace (reswrangler.go, Select). */
export function selectResources(resources: readonly Resource[], selector: Selector): Resource[] {
  const regex = compileSelector(selector);
  const hasLabels = labelMatcher(selector);
  return resources.filter((resource) => {
    if (!regex.gvk(resource.gvk())) return false;
    const [first] = resource.previousIds();
    if (!regex.name(resource.name) && (first === undefined || !regex.name(first.name))) return false;
    return (!selector.namespace || isIn(resource, first)) && hasLabels(resource);
  });

  function isIn(resource: Resource, first: ResId | undefined): boolean {
    const now = resource.id();
    return regex.namespace(effectiveNamespace(first ?? now)) || regex.namespace(effectiveNamespace(now));
  }
}

/** Whether an object's labels and annotations are those of a selector. Throws {@link BuildError} on a bad selector. */
export function labelMatcher({ labelSelector, annotationSelector }: Selector): (resource: Resource) => boolean {
  const labels = labelSelector ? parse(labelSelector, 'labelSelector') : undefined;
  const annotations = annotationSelector ? parse(annotationSelector, 'annotationSelector') : undefined;
  return (resource) =>
    (labels === undefined || labels(Object.fromEntries(resource.labels()))) &&
    (annotations === undefined || annotations(Object.fromEntries(resource.annotations())));
}

function parse(text: string, field: string): LabelMatcher {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    throw prefixed(error, 'invalid selector', { field });
  }
}

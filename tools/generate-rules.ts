import type { ComponentRules } from '../src/cli/install/rbac.ts';
import { rules as helmRelease } from '../src/controllers/helm/helm-release/rbac.ts';
import { rules as kustomization } from '../src/controllers/kustomize/kustomization/rbac.ts';
import { rules as alert } from '../src/controllers/notification/alert/rbac.ts';
import { rules as receiver } from '../src/controllers/notification/receiver/rbac.ts';
import { rules as gitRepository } from '../src/controllers/source/git-repository/rbac.ts';
import { rules as helmChart } from '../src/controllers/source/helm-chart/rbac.ts';
import { rules as helmRepository } from '../src/controllers/source/helm-repository/rbac.ts';
import { rules as ociRepository } from '../src/controllers/source/oci-repository/rbac.ts';
import type { PolicyRule } from '../src/crds/meta/policy-rule.ts';

/** What each controller may do: the rules of all kinds that it reconciles. */
export const componentRules: ComponentRules = {
  'source-controller': mergeRules([...gitRepository, ...ociRepository, ...helmRepository, ...helmChart]),
  'kustomize-controller': mergeRules(kustomization),
  'helm-controller': mergeRules(helmRelease),
  'notification-controller': mergeRules([...alert, ...receiver]),
};

/**
 * The same permissions in as few rules as can be, in a fixed order, without duplicates: one rule for each group and set
 * of verbs. Rules for single objects and for URLs stay as they are.
 */
export function mergeRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const verbsOf = new Map<string, Set<string>>();
  const kept = new Set<string>();
  for (const rule of rules) {
    if (rule.resourceNames !== undefined || rule.nonResourceURLs !== undefined) {
      kept.add(JSON.stringify(rule));
      continue;
    }
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const id = JSON.stringify([group, resource]);
        verbsOf.set(id, new Set([...(verbsOf.get(id) ?? []), ...rule.verbs]));
      }
    }
  }
  const merged = new Map<string, string[]>();
  for (const [id, verbs] of verbsOf) {
    const [group, resource] = JSON.parse(id) as [string, string];
    const key = JSON.stringify([group, [...verbs].sort()]);
    merged.set(key, [...(merged.get(key) ?? []), resource].sort());
  }
  const result = [...merged].map(([key, resources]): PolicyRule => {
    const [group, verbs] = JSON.parse(key) as [string, string[]];
    return { apiGroups: [group], resources, verbs };
  });
  const order = (rule: PolicyRule) => JSON.stringify([rule.apiGroups, rule.resources]);
  result.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return [...result, ...[...kept].sort().map((rule): PolicyRule => JSON.parse(rule))];
}

/** `src/cli/install/rules.generated.ts`: the rules for `sluice install`, which may not import controllers. */
export function rulesModule(rules: ComponentRules): string {
  return `// Made by \`npm run generate\` from the rbac.ts of all kinds. Change those.
import type { ComponentRules } from './rbac.ts';

/** What each controller may do. */
export const componentRules: ComponentRules = ${JSON.stringify(rules, null, 2)};
`;
}

/**
 * `rbac.authorization.k8s.io/v1` PolicyRule. A controller states in its `rbac.ts` what it may do, as
 * `export const rules: readonly PolicyRule[]`; `config/rbac` is generated from these.
 */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/** What a merge needs to know of a field: how lists are merged, and what is inside. */
export interface MergeSchema {
  /** `x-kubernetes-patch-strategy`: `merge`, `retainKeys`, both with a comma, or `''`. */
  readonly strategy: string;
  /** The fields by which items of a list are the same; none for lists of scalars. */
  readonly keys: readonly string[];
  /** The schema of a field; of any field for maps. */
  field(name: string): MergeSchema | undefined;
  /** The schema of a list's items. */
  elements(): MergeSchema | undefined;
}

/** Finds schemas; where there is none, lists are replaced. */
export interface SchemaLookup {
  /** The schema of a kind, undefined when it is not known. */
  (apiVersion: string, kind: string): MergeSchema | undefined;
  /** The schema that a comment holds, as JSON; undefined when it holds none. */
  readonly inComment?: (comment: string) => MergeSchema | undefined;
}

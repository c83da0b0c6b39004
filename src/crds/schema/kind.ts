import type { NamespacedMeta } from '../meta/object-meta.ts';
import { object, string } from './builders.ts';
import type { Schema, Served, Written } from './schema.ts';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
}

/** What a kind's file declares; {@link defineKind} makes a {@link Kind} of it. */
export interface KindDefinition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  /** The category beside `all` and `fluxcd`. */
  readonly category: 'fluxcd-sources' | 'fluxcd-appliers' | 'fluxcd-notifications' | 'fluxcd-images';
  readonly description: string;
  readonly columns: readonly PrinterColumn[];
  readonly spec: Schema;
  /** With a status the kind has the status subresource. */
  readonly status?: Schema;
}

/** A kind of the API. Assignable to the `ResourceType` of `src/kube/object.ts`. */
export interface Kind<D extends KindDefinition = KindDefinition> {
  readonly group: D['group'];
  readonly version: D['version'];
  readonly kind: D['kind'];
  readonly plural: string;
  readonly namespaced: true;
  /** `group/version`, as objects carry it. */
  readonly apiVersion: `${D['group']}/${D['version']}`;
  readonly definition: D;
  /** The whole object's schema, as it stands in the CRD. */
  readonly schema: Schema;
}

/** Turns a definition into the kind's value: what clients address it by, and its schema. */
export function defineKind<const D extends KindDefinition>(definition: D): Kind<D> {
  const { group, version, kind, plural, description, spec, status } = definition;
  return {
    group,
    version,
    kind,
    plural,
    namespaced: true,
    apiVersion: `${group}/${version}`,
    definition,
    schema: object(description, {
      apiVersion: string(`The group and version of the object, \`${group}/${version}\`.`),
      kind: string(`The kind of the object, \`${kind}\`.`),
      metadata: { type: 'object' },
      spec,
      ...(status === undefined ? {} : { status }),
    }),
  };
}

type StatusOf<D, T> = D extends { readonly status: Schema } ? { readonly status?: T } : unknown;

/**
 * An object of the kind as the API server serves it: defaults are filled in. `spec` is always there, because nothing
 * without one passes `parseObject`, although the API server admits it.
 */
export type ObjectOf<K> =
  K extends Kind<infer D>
    ? {
        readonly apiVersion: K['apiVersion'];
        readonly kind: K['kind'];
        readonly metadata: NamespacedMeta;
        readonly spec: Served<D['spec']>;
      } & StatusOf<D, Served<D['status']>>
    : never;

/** An object of the kind as a user writes it: what has a default may be left out. */
export type ManifestOf<K> =
  K extends Kind<infer D>
    ? {
        readonly apiVersion: K['apiVersion'];
        readonly kind: K['kind'];
        readonly metadata: NamespacedMeta;
        readonly spec: Written<D['spec']>;
      }
    : never;

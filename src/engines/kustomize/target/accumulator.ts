import type { Budget } from '../budget.ts';
import { BuildError, prefixed } from '../build-error.ts';
import { emptyConfig, mergeConfig, type TransformerConfig } from '../config/transformer-config.ts';
import type { Var } from '../kustomization/types.ts';
import { idText, type ResId, sameGvk, sameId } from '../resource/res-id.ts';
import { ResMap, type TakenIds } from '../resource/res-map.ts';
import { type VarValue, varTransformer, varValueAt } from '../transformers/vars.ts';

/** Objects, and the rules by which they are transformed, as they come together (api/internal/accumulator). */
export class Accumulator {
  readonly map = new ResMap();
  config: TransformerConfig = emptyConfig;
  private readonly vars = new Map<string, Var>();

  addConfig(config: TransformerConfig): void {
    this.config = mergeConfig(this.config, config);
  }

  /** Takes in what another directory brought. Throws {@link BuildError} on equal ids and vars. */
  merge(other: Accumulator, taken: TakenIds): void {
    this.map.appendAll(other.map.resources, taken);
    this.addConfig(other.config);
    for (const variable of other.vars.values()) this.addVar(variable);
  }

  /**
   * Takes in again what it has, as is done after each component: equal ids are found, and field specs may be lost (see
   * {@link mergeConfig}). Throws {@link BuildError}.
   */
  mergeAgain(): void {
    this.map.assertDistinct();
    this.config = mergeConfig(emptyConfig, this.config);
  }

  /** Takes in the `vars` of a kustomization, noting which objects they read. */
  addVars(vars: readonly Var[]): void {
    for (const variable of vars) {
      const target = targetOf(variable);
      const exact = target.namespace !== '';
      const matches = this.map.resources.filter((resource) => {
        const ids = [...resource.previousIds(), resource.id()];
        return (
          !resource.isEmpty() &&
          ids.some((id) => (exact ? sameId(id, target) : sameGvk(id, target) && id.name === target.name))
        );
      });
      if (matches.length > 1) {
        throw new BuildError(
          `found ${matches.length} resId matches for var ${variable.name ?? ''} (unable to disambiguate): ` +
            matches.map((resource) => idText(resource.id())).join(', '),
          { field: 'vars' },
        );
      }
      matches[0]?.varNames.push(variable.name ?? '');
    }
    for (const variable of vars) this.addVar(variable);
  }

  private addVar(variable: Var): void {
    const { name = '' } = variable;
    if (this.vars.has(name)) throw new BuildError(`var '${name}' already encountered`, { field: 'vars' });
    this.vars.set(name, variable);
  }

  /** Puts the values of vars into the fields that may have them. */
  resolveVars(budget: Budget): void {
    if (this.vars.size === 0) return;
    const values = new Map<string, VarValue | undefined>();
    for (const name of [...this.vars.keys()].sort()) values.set(name, this.valueOf(this.vars.get(name) as Var));
    varTransformer(values, this.config.varReference, budget).transform(this.map);
  }

  private valueOf(variable: Var): VarValue | undefined {
    const { name = '', fieldref } = variable;
    const fieldPath = fieldref?.fieldPath || 'metadata.name';
    const resource = this.map.resources.find(({ varNames }) => varNames.includes(name));
    const what = `var '${name}' of ${idText(targetOf(variable))} field ${fieldPath}`;
    if (resource === undefined) {
      throw new BuildError(`${what} cannot be mapped to a field in the set of known resources`, { field: 'vars' });
    }
    try {
      return varValueAt(resource, fieldPath);
    } catch (error) {
      throw prefixed(error, `field specified in ${what} not found in corresponding resource`, { field: 'vars' });
    }
  }
}

/** The object that a var reads; `apiVersion` may stand for group and version. */
function targetOf({ objref = {} }: Var): ResId {
  const { apiVersion = '', kind = '', name = '', namespace = '' } = objref;
  let { group = '', version = '' } = objref;
  const parts = apiVersion === '' ? [] : apiVersion.split('/');
  if (parts.length === 2) [group = '', version = ''] = parts;
  else if (parts.length === 1) [version = ''] = parts;
  return { group, version, kind, name, namespace, clusterScoped: false };
}

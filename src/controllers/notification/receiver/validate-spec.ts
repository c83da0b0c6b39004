import type { Reason } from '../../../crds/meta/reasons.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { Fault } from '../../../runtime/fault.ts';
import { invalidDuration } from '../../../runtime/spec-durations.ts';
import { compileFilter } from './filter.ts';
import { claimRules, type OidcProvider } from './oidc/claim-rules.ts';
import { WAKE_SOURCES, wakeSourcesOf } from './sources/wake-sources.ts';

/**
 * Throws a stalled fault when a Receiver cannot work as it is (receiver_controller.go, reconcile): an expression that is
 * none, providers of tokens that do not fit the type, or an annotation of ours that cannot be read.
 */
export function validateSpec(object: Receiver, noCrossNamespaceRefs = false): void {
  const { spec } = object;
  const withClaims = spec.type === 'generic-oidc';
  const compile = (text: string | undefined, what: string): void => {
    if (text === undefined || text === '') return;
    try {
      compileFilter(text, withClaims);
    } catch (error) {
      throw terminal('InvalidCELExpression', `${what}: ${errorMessage(error)}`, error);
    }
  };
  compile(spec.resourceFilter, 'invalid resourceFilter expression');
  for (const [index, { kind, name, filter }] of spec.resources.entries()) {
    compile(filter, `invalid filter expression for resources[${index}] (kind="${kind}", name="${name}")`);
  }
  const problem =
    typeProblem(spec) ?? providersProblem(spec.oidcProviders ?? []) ?? invalidDuration(spec, ['interval']);
  if (problem !== undefined) throw terminal('ValidationFailed', problem);
  refuseAnnotation(object, noCrossNamespaceRefs);
  for (const [index, provider] of (spec.oidcProviders ?? []).entries()) {
    try {
      claimRules(provider);
    } catch (error) {
      throw terminal('InvalidCELExpression', `${at(index, provider)}: ${errorMessage(error)}`, error);
    }
  }
}

function refuseAnnotation(object: Receiver, noCrossNamespaceRefs: boolean): void {
  const scope = wakeSourcesOf(object);
  if (typeof scope === 'object') throw terminal('InvalidAnnotation', `annotation ${WAKE_SOURCES}: ${scope.problem}`);
  if (scope === 'all' && noCrossNamespaceRefs) {
    throw terminal('AccessDenied', `annotation ${WAKE_SOURCES}: sources of other namespaces are not allowed`);
  }
}

/** What the API server refuses too, unless it is older than these rules (validateOIDCSpec). */
function typeProblem({ type, oidcProviders = [], secretRef }: Receiver['spec']): string | undefined {
  if (type === 'generic-oidc') {
    if (oidcProviders.length === 0) return 'generic-oidc receiver requires at least one oidcProvider';
    return secretRef === undefined ? undefined : 'secretRef cannot be set when type is generic-oidc';
  }
  if (oidcProviders.length > 0) return 'oidcProviders can only be set when type is generic-oidc';
  return secretRef === undefined ? 'secretRef is required when type is not generic-oidc' : undefined;
}

/** receiver_claims.go, ValidateOIDCProvidersSpec. */
function providersProblem(providers: readonly OidcProvider[]): string | undefined {
  const seen = new Set<string>();
  for (const [index, provider] of providers.entries()) {
    const { issuerURL, validations = [], variables = [] } = provider;
    const url = JSON.stringify(issuerURL);
    if (!/^https?:\/\//.test(issuerURL)) {
      return `oidcProviders[${index}]: issuerURL ${url} must start with http:// or https://`;
    }
    if (seen.has(issuerURL)) return `oidcProviders[${index}]: duplicate issuerURL ${url}`;
    seen.add(issuerURL);
    if (validations.length === 0) {
      return `${at(index, provider)}: at least one validation is required; without validations any caller able to obtain a token from this issuer can trigger the Receiver`;
    }
    for (const [place, { name, expression }] of variables.entries()) {
      if (name === '') return `${at(index, provider)}: variables[${place}]: name is required`;
      if (expression === '') {
        return `${at(index, provider)}: variables[${place}] (name=${JSON.stringify(name)}): expression is required`;
      }
    }
    for (const [place, { expression, message }] of validations.entries()) {
      if (expression === '') return `${at(index, provider)}: validations[${place}]: expression is required`;
      if (message === '') return `${at(index, provider)}: validations[${place}]: message is required`;
    }
  }
  return undefined;
}

function at(index: number, { issuerURL }: OidcProvider): string {
  return `oidcProviders[${index}] (issuerURL=${JSON.stringify(issuerURL)})`;
}

function terminal(reason: Reason, problem: string, cause?: unknown): Fault {
  const message = `Reconciliation failed terminally due to configuration error: ${problem}`;
  return new Fault('stalled', reason, message, cause === undefined ? {} : { cause });
}

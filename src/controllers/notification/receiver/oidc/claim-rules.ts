import type { Receiver } from '../../../../crds/notification/receiver.ts';
import { compileExpr, compileValueExpr } from '../../../../engines/cel/cel.ts';
import { CallRefused } from '../webhook-call.ts';
import type { Claims } from './verify-token.ts';

export type OidcProvider = NonNullable<Receiver['spec']['oidcProviders']>[number];

/** What must hold for the claims of a token. */
export interface ClaimRules {
  /** Throws CallRefused with the messages of what does not hold, and CelError. */
  check(claims: Claims): void;
}

const names = ['claims', 'vars'];

/** The rules of an issuer, compiled (receiver_claims.go). Throws an Error that names the expression which is none. */
export function claimRules({ variables = [], validations }: OidcProvider): ClaimRules {
  const values = variables.map(({ name, expression }) => ({
    name,
    value: compiled(`variable ${JSON.stringify(name)}`, () => compileValueExpr(expression, names)),
  }));
  const rules = validations.map(({ message, expression }) => ({
    message,
    rule: compiled(`validation ${JSON.stringify(message)}`, () => compileExpr(expression, names)),
  }));
  return {
    check(claims) {
      const vars: Record<string, unknown> = {};
      for (const { name, value } of values) vars[name] = value.evaluate({ claims, vars });
      const failed = rules.filter(({ rule }) => !rule.evaluateBoolean({ claims, vars }));
      if (failed.length === 0) return;
      throw new CallRefused(`token validation failed: ${failed.map(({ message }) => message).join('; ')}`);
    },
  };
}

function compiled<T>(what: string, compile: () => T): T {
  try {
    return compile();
  } catch (cause) {
    throw new Error(`invalid expression for ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

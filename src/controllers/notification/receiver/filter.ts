import { type BooleanExpr, compileExpr } from '../../../engines/cel/cel.ts';

/**
 * A `resourceFilter`, ready to be asked (receiver_resource_filter.go): over `req`, the body, and `res`, an object's
 * metadata; with `withClaims` also over the `claims` of the caller's token. Throws CelError.
 */
export function compileFilter(text: string, withClaims: boolean): BooleanExpr {
  return compileExpr(text, withClaims ? ['res', 'req', 'claims'] : ['res', 'req']);
}

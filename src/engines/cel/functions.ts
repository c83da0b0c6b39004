import type { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { CelError } from './cel-error.ts';
import { hooks } from './instrument.ts';
import type { Meter } from './meter.ts';

/**
 * The functions of Flux's environment that the library lacks (cel-go ext.Strings). Still missing: `format`,
 * `quote`, and the namespaces `sets` and `base64`.
 */
export function addExtensions(env: Environment): Environment {
  return env
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      replace(text, from, to, -1n),
    )
    .registerFunction('string.replace(string, string, int): string', replace);
}

/** The hooks of instrumented expressions, which count into `meter`. */
export function addHooks(env: Environment, meter: Meter): Environment {
  return env
    .registerFunction(`${hooks.go}(): bool`, () => meter.take(1))
    .registerFunction(`${hooks.step}(dyn): dyn`, (value: unknown) => {
      meter.charge(1);
      return value;
    })
    .registerFunction(`${hooks.sized}(dyn): dyn`, (value: unknown) => {
      if (typeof value === 'string' || Array.isArray(value)) meter.chargeSize(value.length);
      return value;
    })
    .registerFunction(`${hooks.matches}(dyn, dyn): bool`, (text: unknown, pattern: unknown) => {
      if (typeof text !== 'string' || typeof pattern !== 'string') {
        throw new CelError('Evaluation', 'no such overload: matches');
      }
      meter.chargeSize(text.length * 8);
      return compilePattern(pattern).matcher(text).find();
    });
}

function compilePattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new CelError('Evaluation', 'invalid regular expression', error);
  }
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > BigInt(characters.length)) throw new CelError('Evaluation', 'index out of range');
  return characters[Number(index)] ?? '';
}

const maxReplaced = 1_000_000;

function replace(text: string, from: string, to: string, limit: bigint): string {
  const parts = text.split(from);
  const count = limit < 0n ? parts.length - 1 : Math.min(parts.length - 1, Number(limit));
  if (text.length + count * to.length > maxReplaced)
    throw new CelError('Budget', 'the expression makes too large a value');
  return (
    parts.slice(0, count + 1).join(to) +
    parts
      .slice(count + 1)
      .map((part) => from + part)
      .join('')
  );
}

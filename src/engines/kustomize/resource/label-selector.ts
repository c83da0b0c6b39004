import { BuildError } from '../build-error.ts';

/** Decides by labels (or annotations) whether an object is meant. */
export type LabelMatcher = (labels: ReadonlyMap<string, string>) => boolean;

const cache = new Map<string, LabelMatcher>();

/**
 * A selector in the syntax of `kubectl -l`: `a=b,c!=d,e in (f,g),h notin (i),j,!k` (k8s.io/apimachinery labels.Parse).
 * An empty one matches everything. Throws {@link BuildError} when it is none.
 */
export function parseLabelSelector(selector: string): LabelMatcher {
  let matcher = cache.get(selector);
  if (matcher === undefined) {
    matcher = new SelectorParser(selector).parse();
    if (cache.size > 500) cache.clear();
    cache.set(selector, matcher);
  }
  return matcher;
}

const keyPattern = /^(?:[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

class SelectorParser {
  private readonly text: string;
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = text.match(/!=|==|[=!<>(),]|[^\s=!<>(),]+/g) ?? [];
  }

  parse(): LabelMatcher {
    const requirements: LabelMatcher[] = [];
    while (this.at < this.tokens.length) {
      requirements.push(this.requirement());
      if (this.at === this.tokens.length) break;
      if (this.take() !== ',' || this.at === this.tokens.length) throw this.error();
    }
    return (labels) => requirements.every((matches) => matches(labels));
  }

  private requirement(): LabelMatcher {
    if (this.peek() === '!') {
      this.at++;
      const absent = this.key();
      return (labels) => !labels.has(absent);
    }
    const key = this.key();
    switch (this.peek()) {
      case undefined:
      case ',':
        return (labels) => labels.has(key);
      case '=':
      case '==':
        return this.oneOf(key, [this.valueAfter()]);
      case '!=':
        return this.noneOf(key, [this.valueAfter()]);
      case 'in':
        return this.oneOf(key, this.values());
      case 'notin':
        return this.noneOf(key, this.values());
      case '<':
      case '>':
        return this.compare(key);
      default:
        throw this.error();
    }
  }

  private oneOf(key: string, values: readonly string[]): LabelMatcher {
    return (labels) => values.includes(labels.get(key) ?? '\0');
  }

  private noneOf(key: string, values: readonly string[]): LabelMatcher {
    return (labels) => !values.includes(labels.get(key) ?? '\0');
  }

  private compare(key: string): LabelMatcher {
    const less = this.peek() === '<';
    const text = this.valueAfter();
    if (!/^[-+]?\d+$/.test(text)) throw this.error();
    return (labels) => {
      const value = labels.get(key);
      if (value === undefined || !/^[-+]?\d+$/.test(value)) return false;
      return less ? Number(value) < Number(text) : Number(value) > Number(text);
    };
  }

  private values(): string[] {
    this.at++;
    if (this.take() !== '(') throw this.error();
    const values = [this.value()];
    while (this.peek() === ',') {
      this.at++;
      values.push(this.value());
    }
    if (this.take() !== ')') throw this.error();
    return values;
  }

  private valueAfter(): string {
    this.at++;
    return this.value();
  }

  private value(): string {
    const token = this.peek();
    if (token === undefined || token === ',' || token === ')') return '';
    this.at++;
    if (!valuePattern.test(token)) throw this.error();
    return token;
  }

  private key(): string {
    const token = this.take();
    if (token === undefined || !keyPattern.test(token)) throw this.error();
    return token;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private take(): string | undefined {
    return this.tokens[this.at++];
  }

  private error(): BuildError {
    return new BuildError(`unable to parse selector '${this.text}'`);
  }
}

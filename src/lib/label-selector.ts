type Labels = Readonly<Record<string, string>>;

/** Whether an object with these labels (or annotations) is meant. */
export type LabelMatcher = (labels: Labels) => boolean;

const keyPattern = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;
const token = /\s*(!=|==|[=!<>(),]|[^\s=!<>(),]+)\s*/y;

/**
 * A selector as `kubectl -l` takes it: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1` (k8s.io/apimachinery pkg/labels,
 * Parse). An empty one matches everything. Throws SyntaxError.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  const tokens = tokenize(text);
  const requirements: LabelMatcher[] = [];
  for (let at = 0; at < tokens.length; ) {
    const end = endOfRequirement(tokens, at);
    requirements.push(requirement(tokens.slice(at, end), text));
    if (end === tokens.length - 1) throw invalid(text);
    at = end + 1;
  }
  return (labels) => requirements.every((matches) => matches(labels));
}

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) tokens.push(match[1] ?? '');
  return tokens;
}

/** The index of the comma after the requirement that begins at `start`, outside of parentheses. */
function endOfRequirement(tokens: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    if (tokens[at] === '(') depth++;
    else if (tokens[at] === ')') depth--;
    else if (tokens[at] === ',' && depth === 0) return at;
  }
  return tokens.length;
}

function requirement([first = '', operator, ...rest]: readonly string[], text: string): LabelMatcher {
  if (first === '!') {
    const absent = checkedKey(operator ?? '', text);
    if (rest.length > 0) throw invalid(text);
    return (labels) => !Object.hasOwn(labels, absent);
  }
  const key = checkedKey(first, text);
  if (operator === undefined) return (labels) => Object.hasOwn(labels, key);
  const values = operandsOf(operator, rest, text);
  const has = (labels: Labels): boolean => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return has;
    case '!=':
    case 'notin':
      return (labels) => !has(labels);
    default:
      return (labels) => Object.hasOwn(labels, key) && compare(operator, labels[key] ?? '', values[0] ?? '');
  }
}

function operandsOf(operator: string, rest: readonly string[], text: string): readonly string[] {
  const isSet = operator === 'in' || operator === 'notin';
  if (isSet && !(rest[0] === '(' && rest.at(-1) === ')' && rest.length >= 2)) throw invalid(text);
  if (!isSet && !(['=', '==', '!=', '<', '>'].includes(operator) && rest.length <= 1)) throw invalid(text);
  const values = isSet ? splitByComma(rest.slice(1, -1), text) : [rest[0] ?? ''];
  if (!values.every((value) => valuePattern.test(value))) throw invalid(text);
  if ((operator === '<' || operator === '>') && !isInteger(values[0] ?? '')) throw invalid(text);
  return values;
}

/** Values between commas; an empty place is the empty value. */
function splitByComma(tokens: readonly string[], text: string): readonly string[] {
  const values = [''];
  for (const part of tokens) {
    if (part === ',') values.push('');
    else if (values.at(-1) === '') values[values.length - 1] = part;
    else throw invalid(text);
  }
  return values;
}

function compare(operator: string, actual: string, wanted: string): boolean {
  if (!isInteger(actual)) return false;
  return operator === '<' ? BigInt(actual) < BigInt(wanted) : BigInt(actual) > BigInt(wanted);
}

function isInteger(text: string): boolean {
  return /^[-+]?\d{1,19}$/.test(text);
}

function checkedKey(key: string, text: string): string {
  if (!keyPattern.test(key)) throw invalid(text);
  return key;
}

function invalid(text: string): SyntaxError {
  return new SyntaxError(`unable to parse selector ${JSON.stringify(text)}`);
}

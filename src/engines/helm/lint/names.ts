const subdomainPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const oldLabelPattern = '[a-z]([-a-z0-9]*[a-z0-9])?';

interface Rule {
  readonly maxBytes: number;
  readonly expression: RegExp;
  readonly message: string;
}

function rule(maxBytes: number, pattern: string, message: string, examples: string): Rule {
  const text = `${message} (e.g. ${examples}, regex used for validation is '${pattern}')`;
  return { maxBytes, expression: new RegExp(`^${pattern}$`), message: text };
}

const subdomain = rule(
  253,
  subdomainPattern,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "'example.com'",
);
const label = rule(
  63,
  labelPattern,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "'my-name',  or '123-abc'",
);
/** For what would be a name but for its dots. */
const undotted: Rule = { ...label, message: 'must not contain dots' };
const oldLabel = rule(
  63,
  oldLabelPattern,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "'my-name',  or 'abc-123'",
);

/** What is wrong with the name of an object of a kind, as Kubernetes says it (k8s.io/apimachinery, api/validation). */
export function nameProblems(kind: string, name: string): readonly string[] {
  switch (kind.toLowerCase()) {
    case 'certificatesigningrequest':
      return [];
    case 'service':
      return problems(oldLabel, name);
    case 'namespace':
      return problems(subdomain.expression.test(name) ? undotted : label, name);
    case 'role':
    case 'clusterrole':
    case 'rolebinding':
    case 'clusterrolebinding':
      return pathProblems(name);
    default:
      return problems(subdomain, name);
  }
}

function problems({ maxBytes, expression, message }: Rule, name: string): readonly string[] {
  const long = new TextEncoder().encode(name).length > maxBytes ? [`must be no more than ${maxBytes} characters`] : [];
  return expression.test(name) ? long : [...long, message];
}

/** A name that becomes part of a path. */
function pathProblems(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`);
}

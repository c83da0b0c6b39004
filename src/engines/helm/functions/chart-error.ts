const START = 'HELM_ERR_START';
const END = 'HELM_ERR_END';

/** Marks what a chart's author says with `fail` or `required`, so that it can be found in the error around it (engine.go). */
export function marked(message: string): string {
  return `${START}${message}${END}`;
}

/** What the author of a chart says in an error: undefined when the error is not of that kind. */
export function authorsMessage(error: string): string | undefined {
  const start = error.indexOf(START);
  const end = error.lastIndexOf(END);
  return start < 0 || end < start ? undefined : error.slice(start + START.length, end);
}

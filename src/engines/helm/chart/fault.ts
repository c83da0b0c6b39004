/** A chart cannot be used: the message says why, in Helm's words where there are any. */
export class ChartError extends Error {}

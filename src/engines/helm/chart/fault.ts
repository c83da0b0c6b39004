/** A chart cannot be used: the message says why, in Helm's words where there are any. */
export class ChartError extends Error {}

/** Chart.yaml can be read, but does not say what it must. */
export class ValidationError extends ChartError {}

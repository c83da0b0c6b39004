/** What a reconcile tells its controller. Anything thrown instead is retried with per-key exponential backoff. */
export interface Result {
  /** Look again after this many milliseconds; 0 is soon, after the key's backoff. Absent: only when woken. */
  readonly requeueAfterMs?: number;
}

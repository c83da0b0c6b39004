import type { PrinterColumn } from './kind.ts';

/** The columns that `kubectl get` shows, as the kinds share them. */
export const columns = {
  age: { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ready: { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  status: { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  /** A column with the text at a path. */
  at: (name: string, jsonPath: string): PrinterColumn => ({ name, type: 'string', jsonPath }),
} as const;

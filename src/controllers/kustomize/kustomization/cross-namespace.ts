import { Fault } from '../../../runtime/fault.ts';

/** The fault for a reference to another namespace where `--no-cross-namespace-refs` forbids it. */
export function crossNamespace(subject: string): Fault {
  return new Fault(
    'stalled',
    'AccessDenied',
    `can't access '${subject}', cross-namespace references have been blocked`,
  );
}

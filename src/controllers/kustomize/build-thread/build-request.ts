import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Looks } from '../../../lib/traced-tree.ts';
import type { Variables } from '../kustomization/variables.ts';

/** A build for another thread, as it is sent there. Nothing that decrypts: keys stay where they are. */
export interface BuildRequest {
  /** Absolute path of the unpacked artifact. */
  readonly root: string;
  readonly dir: string;
  readonly spec: Kustomization['spec'];
  readonly variables: Variables | undefined;
  readonly strict: boolean;
  /** Whether remote bases are allowed at all; the thread reaches none. */
  readonly remotes: boolean;
}

/** What the thread answers. */
export type BuildAnswer =
  | {
      /** Each object as JSON. */
      readonly objects: readonly string[];
      readonly digest: string;
      readonly warnings: readonly string[];
      readonly looks: Looks;
      /** What the files on the disk answered; see `answersTo`. */
      readonly answers: string;
    }
  /** The message of a BuildFailed fault, without values of Secrets. */
  | { readonly failed: string }
  /** The build needs what is not in the artifact. */
  | { readonly elsewhere: true };

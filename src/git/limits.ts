const MiB = 1024 * 1024;

/** Bounds on what a server may make us read, hold or compute. Sizes are in bytes. */
export interface GitLimits {
  /** One pack as it comes over the wire; it is held in memory. Below 4 GiB. */
  readonly maxPackBytes: number;
  /** Objects in one pack. */
  readonly maxObjects: number;
  /** One object when inflated. Below 4 GiB. */
  readonly maxObjectBytes: number;
  /** All inflating and delta work on one pack, to index and to read it: a small pack must not cost minutes of CPU. */
  readonly maxInflatedBytes: number;
  /** Inflated objects that a pack keeps at hand. */
  readonly cacheBytes: number;
  /** Length of a chain of deltas; Git itself writes at most 4095. */
  readonly maxDeltaDepth: number;
  /** One listing of references. */
  readonly maxRefsBytes: number;
  /** Folders inside folders. */
  readonly maxTreeDepth: number;
  /** Entries of one checkout, folders and submodules' files included. */
  readonly maxFiles: number;
  /** The sum of the sizes of one checkout's files. */
  readonly maxCheckoutBytes: number;
  /** Submodules of one checkout, and how deep they nest (Git and go-git: 10). */
  readonly maxSubmodules: number;
  readonly maxSubmoduleDepth: number;
}

/** Generous for any repository of manifests, small enough that no server takes the process down. */
export const defaultLimits: GitLimits = {
  maxPackBytes: 512 * MiB,
  maxObjects: 2_000_000,
  maxObjectBytes: 256 * MiB,
  maxInflatedBytes: 8192 * MiB,
  cacheBytes: 32 * MiB,
  maxDeltaDepth: 4096,
  maxRefsBytes: 64 * MiB,
  maxTreeDepth: 128,
  maxFiles: 500_000,
  maxCheckoutBytes: 2048 * MiB,
  maxSubmodules: 256,
  maxSubmoduleDepth: 10,
};

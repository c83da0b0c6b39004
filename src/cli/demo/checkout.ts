import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The demo cannot go on; the message is for the user and says what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** What the demo starts and reads, as absolute paths. */
export interface Checkout {
  /** The folder of package.json. */
  readonly root: string;
  /** The entry point, which runs the controllers. */
  readonly main: string;
  readonly controlPlane: string;
  readonly gitServer: string;
  /** Folder of the files that are pushed. */
  readonly fleet: string;
}

/** Finds the files that only a checkout of the project has. Throws {@link DemoError} where there are none, as in the image. */
export function findCheckout(root: string = fileURLToPath(new URL('../../../', import.meta.url))): Checkout {
  const at = (path: string): string => `${root.replace(/\/$/, '')}/${path}`;
  const checkout: Checkout = {
    root,
    main: at('src/main.ts'),
    controlPlane: at('test/controlplane/main.ts'),
    gitServer: at('test/gitserver/main.ts'),
    fleet: at('demo/fleet'),
  };
  const missing = Object.values(checkout).filter((path) => !existsSync(path));
  if (missing.length > 0) {
    throw new DemoError(
      'the demo needs a checkout of the project, which this installation is not: clone the repository, and there run ' +
        `npm ci && npm run demo (${missing.join(', ')} not found)`,
    );
  }
  return checkout;
}

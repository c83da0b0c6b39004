import { integer, map, object, string } from '../schema/builders.ts';
import { required, type Served } from '../schema/schema.ts';
import { text } from './fields.ts';

/** What every source leaves in its status: where the packed files are, and what they are. */
export const artifactSchema = object('The last packed result of this source.', {
  digest: required(
    string('Checksum of the file, as `algorithm:hex`.', {
      pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$',
    }),
  ),
  lastUpdateTime: required(string('When the file was stored.', { format: 'date-time' })),
  metadata: map('Annotations that came from upstream, such as those of an OCI manifest.', text),
  path: required(string('Path of the file below the storage root: `kind/namespace/name/file`.')),
  revision: required(string('The upstream revision, in a form that can be traced: `main@sha1:...`.')),
  size: integer('Size of the file in bytes.', { format: 'int64' }),
  url: required(string('HTTP address of the file. What it serves is fixed by `digest`, whoever asks and whenever.')),
});

/** `status.artifact` of a source. */
export type Artifact = Served<typeof artifactSchema>;

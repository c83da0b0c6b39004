import { object, string } from '../schema/builders.ts';
import { required } from '../schema/schema.ts';

/** `ImageRef`: an image that was selected. */
export const imageRef = object('An image.', {
  digest: string('Its digest.'),
  name: required(string('Its name, without tag.')),
  tag: required(string('Its tag.')),
});

import { array, object, string } from '../schema/builders.ts';
import { required } from '../schema/schema.ts';

/** `ResourceInventory`: every object that an applier has in the cluster. */
export const inventorySchema = object('The objects that were applied and are still in the cluster.', {
  entries: required(
    array(
      'One entry per object.',
      object('An object in the cluster.', {
        id: required(string('`namespace_name_group_kind`; the namespace or the group may be empty.')),
        v: required(string('The version of the API by which it was applied.')),
      }),
    ),
  ),
});

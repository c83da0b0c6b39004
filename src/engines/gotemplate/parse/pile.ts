/**
 * Lists within lists as they grow, one upon the other. A list that grows by itself takes room for many, and keeps it: such
 * room would be half of the memory that templates take.
 */
export class Pile<T> {
  /** How many items there are. */
  top = 0;
  private readonly items: T[] = [];

  push(item: T): void {
    this.items[this.top++] = item;
  }

  /** The items from a place on, which are taken off. */
  takeFrom(place: number): T[] {
    const taken = this.items.slice(place, this.top);
    this.top = place;
    return taken;
  }
}

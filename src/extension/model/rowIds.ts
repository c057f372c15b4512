/** What a study of a storage is known by in every window. */
export function placeOf(location: string, name: string): string {
  return `${location}#${name}`;
}

/**
 * The ids of studies. One whose run was listed before its study was there keeps the id that it had then, so that nobody
 * who holds its row, panel or lens has to look for it again; any other has its place as its id.
 */
export class RowIds {
  readonly #early = new Map<string, string>();

  /** The id of the study at a place; what is no place is an id already. */
  idOf(place: string): string {
    return this.#early.get(place) ?? place;
  }

  keep(place: string, id: string): void {
    this.#early.set(place, id);
  }

  /** Forgets the ids that no study has any more. */
  retain(ids: { has(id: string): boolean }): void {
    for (const [place, id] of this.#early) if (!ids.has(id)) this.#early.delete(place);
  }
}

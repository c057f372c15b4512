/** What a study of a storage is known by in every window. */
export function placeOf(location: string, name: string): string {
  return `${location}#${name}`;
}

/** The storage, of those that are listed, that the study of a place is in. */
export function storageOfPlace<Storage extends { readonly location: string }>(
  place: string,
  storages: readonly Storage[],
): Storage | undefined {
  return storages.find(({ location }) => place.startsWith(placeOf(location, '')));
}

/** What a run is known by before its study is there; with `startedAt`, in epoch milliseconds, beside an earlier run of its folder. */
export function runIdOf(folder: string, startedAt?: number): string {
  return startedAt === undefined ? `run:${folder}` : `run:${folder}#${startedAt}`;
}

/** The folder of such an id. A folder's own name may end in `#2`: the start of a run has thirteen digits. */
export function runFolderIn(id: string): string | undefined {
  return /^run:(.*?)(?:#\d{13})?$/s.exec(id)?.[1];
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

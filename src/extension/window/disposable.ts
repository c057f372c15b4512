interface HasDispose {
  dispose(): unknown;
}

/** Base of everything that lives longer than one call: what is registered ends with it, a late arrival at once. */
export abstract class Disposable {
  readonly #owned: HasDispose[] = [];
  #disposed = false;

  protected get disposed(): boolean {
    return this.#disposed;
  }

  protected register<T extends HasDispose>(owned: T): T {
    if (this.#disposed) owned.dispose();
    else this.#owned.push(owned);
    return owned;
  }

  dispose(): void {
    this.#disposed = true;
    for (const owned of this.#owned.splice(0).reverse()) owned.dispose();
  }
}

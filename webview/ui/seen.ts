/** Whether an element is in the part of the panel that is seen; what is not need not be drawn. */
export class Seen {
  #isSeen = true;

  /** `onChange` is called when the element comes into sight or leaves it. */
  constructor(target: HTMLElement, onChange: (isSeen: boolean) => void) {
    const observer = new IntersectionObserver(
      (entries) => {
        const isSeen = entries.at(-1)?.isIntersecting ?? true;
        if (isSeen === this.#isSeen) return;
        this.#isSeen = isSeen;
        onChange(isSeen);
      },
      { rootMargin: '40px' },
    );
    observer.observe(target);
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }
}

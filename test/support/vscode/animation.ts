/** Joins screenshots to an animated WebP: the browser encodes the part of each picture that has changed. */
import type { Browser, Page } from 'playwright-core';

/** An encoded rectangle of the picture. `x` and `y` are even, as the format wants them. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Chunks of a still WebP picture: what is transparent, where anything is, and the colours. */
  readonly chunks: readonly Buffer[];
  readonly milliseconds: number;
}

export class Animation {
  readonly #frames: Frame[] = [];
  readonly #encoder: Page;
  readonly #size: { readonly width: number; readonly height: number };

  private constructor(encoder: Page, size: { width: number; height: number }) {
    this.#encoder = encoder;
    this.#size = size;
  }

  static async begin(browser: Browser, size: { width: number; height: number }): Promise<Animation> {
    return new Animation(await browser.newPage(), size);
  }

  /** Adds what the page shows, for so long; a picture equal to the last one lengthens that. */
  async add(page: Page, milliseconds: number): Promise<void> {
    const png = await page.screenshot({ scale: 'css' });
    const changed = await this.#encoder.evaluate(encodeChange, [png.toString('base64'), 0.7] as const);
    const last = this.#frames.at(-1);
    if (changed) {
      const { colours, mask, ...place } = changed;
      this.#frames.push({
        ...place,
        chunks: [...chunksOf(mask, /^ALPH$/), ...chunksOf(colours, /^VP8/)],
        milliseconds,
      });
    } else if (last)
      this.#frames[this.#frames.length - 1] = { ...last, milliseconds: last.milliseconds + milliseconds };
  }

  get file(): Buffer {
    return animatedWebp(this.#frames, this.#size.width, this.#size.height);
  }
}

/** Runs in the browser: the rectangle that differs from the picture before, as WebP; undefined when none does. */
async function encodeChange([png, quality]: readonly [string, number]) {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const whole = new OffscreenCanvas(image.width, image.height);
  const context = whole.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('there is no canvas');
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height);
  const now = new Uint32Array(pixels.data.buffer.slice(0));
  const kept = globalThis as { before?: Uint32Array };
  const { before } = kept;
  let [left, top, right, bottom] = [image.width, image.height, -1, -1];
  // By blocks, as the format encodes them: what has not changed is transparent, and takes next to no room. Its colour is
  // that of an editor, as it shows a little where blocks meet.
  const BLOCK = 16;
  const masked = new ImageData(new Uint8ClampedArray(pixels.data), image.width);
  for (let y0 = 0; y0 < image.height; y0 += BLOCK) {
    for (let x0 = 0; x0 < image.width; x0 += BLOCK) {
      const [x1, y1] = [Math.min(x0 + BLOCK, image.width), Math.min(y0 + BLOCK, image.height)];
      if (differs(x0, y0, x1, y1)) {
        [left, top] = [Math.min(left, x0), Math.min(top, y0)];
        [right, bottom] = [Math.max(right, x1), Math.max(bottom, y1)];
      } else {
        for (let y = y0; y < y1; y++)
          for (let at = 4 * (y * image.width + x0); at < 4 * (y * image.width + x1); at += 4) {
            pixels.data.fill(31, at, at + 3);
            masked.data[at + 3] = 0;
          }
      }
    }
  }
  kept.before = now;
  if (right < 0) return undefined;
  const [width, height] = [right - left, bottom - top];
  return { x: left, y: top, width, height, colours: await encoded(pixels), mask: await encoded(masked) };

  async function encoded(data: ImageData): Promise<string> {
    const part = new OffscreenCanvas(width, height);
    part.getContext('2d')?.putImageData(data, -left, -top);
    const blob = await part.convertToBlob({ type: 'image/webp', quality });
    let bytes = '';
    for (const byte of new Uint8Array(await blob.arrayBuffer())) bytes += String.fromCharCode(byte);
    return btoa(bytes);
  }

  function differs(x0: number, y0: number, x1: number, y1: number): boolean {
    if (!before) return true;
    for (let y = y0; y < y1; y++)
      for (let at = y * image.width + x0; at < y * image.width + x1; at++) if (now[at] !== before[at]) return true;
    return false;
  }
}

/** The container of https://developers.google.com/speed/webp/docs/riff_container, played for ever. */
export function animatedWebp(frames: readonly Frame[], width: number, height: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = 0b10; // it is an animation
  head.writeUIntLE(width - 1, 4, 3);
  head.writeUIntLE(height - 1, 7, 3);
  const parts = [Buffer.from('WEBP'), chunk('VP8X', head), chunk('ANIM', Buffer.from([0, 0, 0, 255, 0, 0]))];
  for (const frame of frames) {
    const place = Buffer.alloc(16);
    place.writeUIntLE(frame.x / 2, 0, 3);
    place.writeUIntLE(frame.y / 2, 3, 3);
    place.writeUIntLE(frame.width - 1, 6, 3);
    place.writeUIntLE(frame.height - 1, 9, 3);
    place.writeUIntLE(frame.milliseconds, 12, 3);
    parts.push(chunk('ANMF', Buffer.concat([place, ...frame.chunks])));
  }
  return chunk('RIFF', Buffer.concat(parts));
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8, name);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** Those of a WebP file, in base64, whose names match: not its head, `VP8X`. */
function chunksOf(file: string, names: RegExp): Buffer[] {
  const webp = Buffer.from(file, 'base64');
  const found: Buffer[] = [];
  for (let at = 12; at + 8 <= webp.length; ) {
    const length = webp.readUInt32LE(at + 4);
    const end = at + 8 + length + (length % 2);
    const name = webp.toString('latin1', at, at + 4);
    if (names.test(name) && name !== 'VP8X') found.push(webp.subarray(at, end));
    at = end;
  }
  return found;
}

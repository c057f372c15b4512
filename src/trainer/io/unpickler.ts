import { TuneboardError } from '../../core/errors.ts';

/**
 * Reads the pickles (docs.python.org/3/library/pickletools.html) in which PyTorch stores names and shapes. Nothing is ever
 * imported or called: a pickle gets at what `globals` lists and at nothing else.
 */

/** Where bytes come from. Both throw when there are no more. */
export interface ByteSource {
  take(count: number): Buffer;
  /** Up to the next line feed, which is left out. */
  line(): string;
}

/** What a pickle may name, by `module.name`: functions of its arguments, or plain values. */
export type Globals = ReadonlyMap<string, unknown>;

/** A function that a pickle may call. */
export class PickleFunction {
  readonly call: (args: readonly unknown[]) => unknown;
  constructor(call: (args: readonly unknown[]) => unknown) {
    this.call = call;
  }
}

const MARK = Symbol('mark');
/** Some twenty make a tensor; each byte of a hostile pickle may make a dict. */
const MAX_INSTRUCTIONS = 500_000;

/**
 * One pickle, from `source`'s place on; a dict becomes a Map, a tuple a list. Throws `checkpoint` for a global that is not listed, for an instruction that no
 * checkpoint needs and for what does not fit together.
 */
export function unpickle(
  path: string,
  source: ByteSource,
  globals: Globals,
  persistentLoad: (id: unknown) => unknown,
): unknown {
  return new Unpickler(path, source, globals, persistentLoad).run();
}

class Unpickler {
  readonly #path: string;
  readonly #source: ByteSource;
  readonly #globals: Globals;
  readonly #persistentLoad: (id: unknown) => unknown;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(path: string, source: ByteSource, globals: Globals, persistentLoad: (id: unknown) => unknown) {
    this.#path = path;
    this.#source = source;
    this.#globals = globals;
    this.#persistentLoad = persistentLoad;
  }

  run(): unknown {
    for (let steps = 0; ; steps++) {
      if (steps > MAX_INSTRUCTIONS) throw this.#broken('its pickle is far too large');
      const code = this.#source.take(1).readUInt8();
      if (code === 0x2e) return this.#pop();
      if (!this.#value(code) && !this.#collection(code) && !this.#object(code)) {
        throw this.#broken(`its pickle has the instruction 0x${code.toString(16)}`);
      }
    }
  }

  /** Numbers, texts, None. */
  #value(code: number): boolean {
    const source = this.#source;
    switch (code) {
      case 0x80: // PROTO
        source.take(1);
        break;
      case 0x95: // FRAME
        source.take(8);
        break;
      case 0x4e: // NONE
        this.#stack.push(null);
        break;
      case 0x88: // NEWTRUE
        this.#stack.push(true);
        break;
      case 0x89: // NEWFALSE
        this.#stack.push(false);
        break;
      case 0x4b: // BININT1
        this.#stack.push(source.take(1).readUInt8());
        break;
      case 0x4d: // BININT2
        this.#stack.push(source.take(2).readUInt16LE());
        break;
      case 0x4a: // BININT
        this.#stack.push(source.take(4).readInt32LE());
        break;
      case 0x8a: // LONG1
        this.#stack.push(longOf(source.take(source.take(1).readUInt8())));
        break;
      case 0x47: // BINFLOAT
        this.#stack.push(source.take(8).readDoubleBE());
        break;
      case 0x58: // BINUNICODE
        this.#stack.push(source.take(source.take(4).readUInt32LE()).toString('utf8'));
        break;
      case 0x8c: // SHORT_BINUNICODE
        this.#stack.push(source.take(source.take(1).readUInt8()).toString('utf8'));
        break;
      case 0x54: // BINSTRING, of Python 2
        this.#stack.push(source.take(source.take(4).readUInt32LE()).toString('latin1'));
        break;
      case 0x55: // SHORT_BINSTRING
        this.#stack.push(source.take(source.take(1).readUInt8()).toString('latin1'));
        break;
      default:
        return false;
    }
    return true;
  }

  /** Tuples, lists, dicts and the memo. */
  #collection(code: number): boolean {
    const source = this.#source;
    switch (code) {
      case 0x28: // MARK
        this.#stack.push(MARK);
        break;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        this.#stack.push([]);
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#stack.push(this.#popMany(code - 0x84));
        break;
      case 0x74: // TUPLE
      case 0x6c: // LIST
        this.#stack.push(this.#popToMark());
        break;
      case 0x7d: // EMPTY_DICT
        this.#stack.push(new Map());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        break;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        break;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        break;
      case 0x71: // BINPUT
        this.#memo.set(source.take(1).readUInt8(), this.#top());
        break;
      case 0x72: // LONG_BINPUT
        this.#memo.set(source.take(4).readUInt32LE(), this.#top());
        break;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 0x68: // BINGET
        this.#recall(source.take(1).readUInt8());
        break;
      case 0x6a: // LONG_BINGET
        this.#recall(source.take(4).readUInt32LE());
        break;
      default:
        return false;
    }
    return true;
  }

  /** What would run code in Python. */
  #object(code: number): boolean {
    switch (code) {
      case 0x63: // GLOBAL
      case 0x69: // INST
        this.#global(this.#source.line(), this.#source.line());
        if (code === 0x69) throw this.#broken('its pickle makes objects of classes');
        break;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        this.#global(String(module), String(name));
        break;
      }
      case 0x51: // BINPERSID
        this.#stack.push(this.#persistentLoad(this.#pop()));
        break;
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [called, args] = this.#popMany(2);
        if (!(called instanceof PickleFunction) || !Array.isArray(args)) throw this.#broken('its pickle calls a value');
        this.#stack.push(called.call(args));
        break;
      }
      case 0x62: // BUILD: attributes of an OrderedDict (`_metadata`), which say nothing about the weights
        this.#pop();
        if (!(this.#top() instanceof Map)) throw this.#broken('its pickle sets the state of a value');
        break;
      default:
        return false;
    }
    return true;
  }

  #global(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!this.#globals.has(full)) {
      throw new TuneboardError(
        'checkpoint',
        `${this.#path} asks for ${full}, which no weights need and which might run code: it is not read. Take the model's safetensors file, or one from somebody you trust.`,
      );
    }
    this.#stack.push(this.#globals.get(full));
  }

  #setItems(items: readonly unknown[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw this.#broken('its pickle has items of no dict');
    for (let at = 0; at < items.length; at += 2) dict.set(items[at], items[at + 1]);
  }

  #append(items: readonly unknown[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#broken('its pickle has items of no list');
    for (const item of items) list.push(item);
  }

  #recall(key: number): void {
    if (!this.#memo.has(key)) throw this.#broken('its pickle recalls what it never kept');
    this.#stack.push(this.#memo.get(key));
  }

  #top(): unknown {
    if (this.#stack.length === 0 || this.#stack.at(-1) === MARK)
      throw this.#broken('its pickle takes from an empty stack');
    return this.#stack.at(-1);
  }

  #pop(): unknown {
    const top = this.#top();
    this.#stack.pop();
    return top;
  }

  /** In the order in which they were pushed. */
  #popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): unknown[] {
    const start = this.#stack.lastIndexOf(MARK);
    if (start < 0) throw this.#broken('its pickle takes from an empty stack');
    const items = this.#stack.splice(start + 1);
    this.#stack.pop();
    return items;
  }

  #broken(what: string): TuneboardError {
    return new TuneboardError('checkpoint', `${this.#path} is no checkpoint of PyTorch, ${what}: fetch it again.`);
  }
}

/** Little-endian two's complement; a BigInt where a number is not exact. */
function longOf(bytes: Buffer): number | bigint {
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  const signed = bytes.length > 0 ? BigInt.asIntN(bytes.length * 8, value) : 0n;
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

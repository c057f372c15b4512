/** A place in a file that a program named when it failed. */
export interface Frame {
  /** Offsets of the text that names the place, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** As the program named it: absolute, relative to its working folder, or (Java) to a source folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; absent where the program did not say. */
  readonly column?: number;
}

/** Of a longer line only the beginning is looked at: a program may print megabytes without a line feed. */
const LONGEST_LINE = 2000;
/** Places in one line beyond these are left out. */
const MOST_IN_LINE = 20;

const PYTHON_PATH = /\bFile "/;
/** Ends the path; a path may hold quotes itself. */
const PYTHON_LINE = /"(?:, cell \d{1,6})?, line (\d{1,7})/;
const JAVA =
  /^\s{0,40}at (?:[\w.@-]{1,100}\/){0,2}([\w$.]{1,300})\.[\w$<>]{1,200}\((\w{1,200}\.(?:java|kt|scala|groovy)):(\d{1,7})\)/;
/** `name.ext:12`, `name.ext:12:5`, `name.R#12`, `name.cpp(12)`, `name.ts(12,5)`: the path before is read backwards. */
const PLACE = /\.([A-Za-z]{1,5})(?:[:#](\d{1,7})(?::(\d{1,6}))?|\((\d{1,7})(?:,(\d{1,6}))?\))/g;
const SOURCES = new Set(
  'py pyw js mjs cjs jsx ts mts cts tsx java kt scala c cc cpp cxx cu h hpp hh cuh r rmd jl rs go'.split(' '),
);
/** What ends a path that stands without quotes or brackets, read backwards. */
const BEFORE_PATH = /[\s"'`()<>[\]{}|,;=*?]/;

/**
 * The places that a program's output names: tracebacks of Python, Node, Java, C++ (compilers, sanitizers, `assert`) and R.
 * Time is linear in the text. Whether the files exist is for the caller to say.
 */
export function framesIn(text: string): Frame[] {
  const frames: Frame[] = [];
  let from = 0;
  while (from <= text.length) {
    const feed = text.indexOf('\n', from);
    const to = feed < 0 ? text.length : feed;
    const line = text.slice(from, Math.min(to, from + LONGEST_LINE));
    for (const frame of framesOfLine(line)) {
      frames.push({ ...frame, start: frame.start + from, end: frame.end + from });
    }
    from = to + 1;
  }
  return frames;
}

function framesOfLine(line: string): Frame[] {
  const python = pythonFrame(line);
  if (python) return [python];
  const java = JAVA.exec(line);
  if (java) {
    const [whole, owner = '', name = '', number] = java;
    const end = java.index + whole.length - 1;
    const folders = owner.split('.').slice(0, -1);
    const start = end - name.length - String(number).length - 1;
    return [{ start, end, file: [...folders, name].join('/'), line: Number(number) }];
  }
  const frames: Frame[] = [];
  let last = 0;
  for (const match of line.matchAll(PLACE)) {
    const [whole, extension = '', colonLine, colonColumn, bracketLine, bracketColumn] = match;
    if (!SOURCES.has(extension.toLowerCase()) || frames.length >= MOST_IN_LINE) continue;
    const stop = match.index + 1 + extension.length;
    const start = pathStart(line, last, match.index);
    const file = fileOf(line.slice(start, stop));
    if (file === null) continue;
    const column = colonColumn ?? bracketColumn;
    last = match.index + whole.length;
    frames.push({
      start,
      end: last,
      file,
      line: Number(colonLine ?? bracketLine),
      ...(column !== undefined && { column: Number(column) }),
    });
  }
  return frames;
}

function pythonFrame(line: string): Frame | undefined {
  const opening = PYTHON_PATH.exec(line);
  if (!opening) return undefined;
  const from = opening.index + opening[0].length;
  const closing = PYTHON_LINE.exec(line.slice(from));
  if (!closing || closing.index === 0) return undefined;
  return {
    start: opening.index,
    end: from + closing.index + closing[0].length,
    file: line.slice(from, from + closing.index),
    line: Number(closing[1]),
  };
}

/** Where the path begins that ends at `at`. Node writes a path in brackets or after `at`, whatever is in it. */
function pathStart(line: string, from: number, at: number): number {
  const bracket = line.lastIndexOf('(', at);
  if (bracket >= from && /^\s{0,40}at /.test(line)) return bracket + 1;
  const bare = /^\s{0,40}at (?:async )?(?=(?:file:\/\/)?[\\/]|[A-Za-z]:[\\/])/.exec(line);
  if (bare && from === 0) return bare[0].length;
  let start = at;
  while (start > from && !BEFORE_PATH.test(line[start - 1] as string)) start--;
  return start;
}

function fileOf(path: string): string | null {
  if (path.startsWith('file://')) {
    try {
      const decoded = decodeURIComponent(path.slice('file://'.length));
      return decoded.replace(/^\/(?=[A-Za-z]:)/, '');
    } catch {
      return null;
    }
  }
  // `node:internal/…`, `webpack:///…` and addresses are no files.
  if (/^[a-z][a-z0-9+.-]{1,40}:/i.test(path) && !/^[A-Za-z]:[\\/]/.test(path)) return null;
  return path === '' || /[\\/]$/.test(path) ? null : path;
}

/** The last traceback in a program's output, the raising line first; empty where there is none. */
export function raisingFrames(text: string): Frame[] {
  const python = text.lastIndexOf('Traceback (most recent call last)');
  const stack = lastStack(text);
  if (python >= 0 && python > stack.start) {
    const frames: Frame[] = [];
    for (const frame of framesIn(text.slice(python))) frames.push(moved(frame, python));
    return frames.filter(({ start }) => isPythonFrame(text, start)).reverse();
  }
  if (stack.start >= 0) return framesIn(text.slice(stack.start, stack.end)).map((frame) => moved(frame, stack.start));
  return framesIn(text).filter(({ start, end }) => tellsError(text, start, end));
}

function moved(frame: Frame, by: number): Frame {
  return { ...frame, start: frame.start + by, end: frame.end + by };
}

function isPythonFrame(text: string, start: number): boolean {
  return text.startsWith('File "', start);
}

/** The last run of lines that begin with `at ` (Node, Java), of `#0 …` (sanitizers, gdb) or `1: f() at x.R#2` (R). */
function lastStack(text: string): { readonly start: number; readonly end: number } {
  let [start, end] = [-1, -1];
  let isInside = false;
  let from = 0;
  while (from < text.length) {
    const feed = text.indexOf('\n', from);
    const to = feed < 0 ? text.length : feed;
    const line = text.slice(from, Math.min(to, from + LONGEST_LINE));
    const isFrame = /^\s{0,40}(?:at \S|#\d{1,4}\s|\d{1,4}: .{0,1900}#\d)/.test(line);
    if (isFrame && !isInside) start = from;
    if (isFrame) end = to;
    isInside = isFrame;
    from = to + 1;
  }
  return { start, end };
}

/** Whether the line of a place speaks of a failure: programs print places in their logs too. */
function tellsError(text: string, start: number, end: number): boolean {
  const from = text.lastIndexOf('\n', start) + 1;
  const feed = text.indexOf('\n', end);
  const to = feed < 0 ? text.length : feed;
  const line = text.slice(Math.max(from, start - LONGEST_LINE), Math.min(to, end + LONGEST_LINE));
  return /\b(?:error|assertion|exception|fatal|panicked|unexpected)\b/i.test(line);
}

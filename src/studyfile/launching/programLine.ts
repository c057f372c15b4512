/** A command that runs one script: `torchrun --nproc_per_node 2 train.py --lr 0.1`, in its parts. */
export interface ProgramLine {
  /** Words before the script: the interpreter and its options, with what runs it (`uv run python`). */
  readonly before: readonly string[];
  /** As the command names it; null where a module is run. */
  readonly script: string | null;
  /** Dotted name after `-m`. */
  readonly module: string | null;
  readonly args: readonly string[];
}

const PYTHON = /^(python(\d(\.\d{1,2})?)?|py|pypy3?|ipython)(\.exe)?$/i;
const NODE = /^(node|nodejs|tsx|ts-node|bun|deno)(\.exe|\.cmd)?$/i;
const LAUNCHER = /^(torchrun|accelerate|deepspeed|horovodrun|composer|colossalai)(\.exe)?$/i;
const PYTHON_FILE = /\.(py|ipynb)$/i;
const NODE_FILE = /\.[cm]?[jt]sx?$/i;
/** Options of Python that take the next word. */
const PYTHON_VALUES = new Set(['-X', '-W', '--check-hash-based-pycs']);
/** Modules that start the script that follows them. */
const LAUNCHER_MODULES =
  /^(torch\.distributed\.(run|launch)|accelerate\.commands\.launch|deepspeed\.launcher\.runner)$/;
/** Modules that are no training. */
const OTHER_MODULES =
  /^(pip|venv|pytest|unittest|build|http\.server|ipykernel\w*|jupyter\w*|notebook|black|ruff|mypy|pdb|debugpy|cProfile|ensurepip|tensorboard\.main|timeit|json\.tool)\b/;
/** What goes before a program and changes nothing that a study needs. */
const PREFIXES = /^(time|nohup|exec|command|caffeinate|unbuffer|builtin)$/;
/** What runs a program in the environment of a project, and its options that take a value. */
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  uv: [
    '--with',
    '--python',
    '-p',
    '--extra',
    '--group',
    '--project',
    '--env-file',
    '--with-requirements',
    '--index',
    '--package',
    '--directory',
  ],
  poetry: ['-C', '--directory', '-P', '--project'],
  pipenv: [],
  pdm: ['-p', '--project', '-s', '--site-packages'],
  hatch: ['-e', '--env'],
  rye: [],
  pixi: ['-e', '--environment', '--manifest-path'],
  conda: ['-n', '--name', '-p', '--prefix', '--cwd'],
  mamba: ['-n', '--name', '-p', '--prefix', '--cwd'],
  micromamba: ['-n', '--name', '-p', '--prefix', '--cwd'],
};

/** The parts of a command; undefined where it runs no script or module of Python, JavaScript or TypeScript. */
export function programLine(words: readonly string[]): ProgramLine | undefined {
  let at = 0;
  while (PREFIXES.test(words[at] ?? '')) at++;
  if (words[at] === 'nice') at += words[at + 1] === '-n' ? 3 : /^-\d+$/.test(words[at + 1] ?? '') ? 2 : 1;
  if (words[at] === 'stdbuf') {
    at++;
    while (words[at]?.startsWith('-')) at++;
  }
  const start = at;
  at = afterRunner(words, at);
  const line = programAt(words, at);
  return line && { ...line, before: [...words.slice(start, at), ...line.before] };
}

/** The place after `uv run` and its options. */
function afterRunner(words: readonly string[], at: number): number {
  const name = nameOf(words[at]);
  if (name === 'npx' || name === 'bunx') return words[at + 1]?.startsWith('-') ? at + 2 : at + 1;
  const values = Object.hasOwn(RUNNERS, name) ? RUNNERS[name] : undefined;
  if (!values) return at;
  let place = at + 1;
  // Options may stand before `run` as well.
  let hasRun = false;
  for (; place < words.length; place++) {
    const word = words[place] as string;
    if (word === 'run' && !hasRun) hasRun = true;
    else if (word === '--') return hasRun ? place + 1 : at;
    else if (values.includes(word)) place++;
    else if (!word.startsWith('-')) break;
  }
  return hasRun ? place : at;
}

function programAt(words: readonly string[], at: number): ProgramLine | undefined {
  const word = words[at];
  if (word === undefined) return undefined;
  const name = nameOf(word);
  const from = (start: number, before: readonly string[] = words.slice(at, start)) => ({
    before,
    args: words.slice(start + 1),
  });
  if (PYTHON.test(name)) return pythonLine(words, at);
  if (LAUNCHER.test(name)) return launched(words, at, at + 1);
  if (NODE.test(name)) {
    const script = words.findIndex((one, place) => place > at && NODE_FILE.test(one) && !isValueOf(words, place));
    return script < 0 ? undefined : { ...from(script), script: words[script] as string, module: null };
  }
  // A file that is a program itself, and `uv run train.py`.
  if (!PYTHON_FILE.test(word) && !NODE_FILE.test(word)) return undefined;
  return { ...from(at, []), script: word, module: null };
}

function isValueOf(words: readonly string[], place: number): boolean {
  return /^(-r|--require|--import|--loader|--env-file|-C)$/.test(words[place - 1] ?? '');
}

function pythonLine(words: readonly string[], at: number): ProgramLine | undefined {
  for (let place = at + 1; place < words.length; place++) {
    const word = words[place] as string;
    if (word === '-m') {
      const module = words[place + 1] ?? '';
      if (LAUNCHER_MODULES.test(module)) return launched(words, at, place + 2);
      if (!/^[\p{L}_][\p{L}\p{N}_.]*$/u.test(module) || OTHER_MODULES.test(module)) return undefined;
      return { before: words.slice(at, place), script: null, module, args: words.slice(place + 2) };
    }
    if (word === '-c' || word === '-') return undefined;
    if (PYTHON_VALUES.has(word)) place++;
    else if (!word.startsWith('-')) {
      const isScript = PYTHON_FILE.test(word);
      return isScript
        ? { before: words.slice(at, place), script: word, module: null, args: words.slice(place + 1) }
        : undefined;
    }
  }
  return undefined;
}

/** A launcher's own options end at the script, or at the module after `-m`. */
function launched(words: readonly string[], at: number, first: number): ProgramLine | undefined {
  for (let place = first; place < words.length; place++) {
    const word = words[place] as string;
    if (PYTHON_FILE.test(word))
      return { before: words.slice(at, place), script: word, module: null, args: words.slice(place + 1) };
    if ((word === '-m' || word === '--module') && words[place + 1])
      return {
        before: words.slice(at, place),
        script: null,
        module: words[place + 1] as string,
        args: words.slice(place + 2),
      };
  }
  return undefined;
}

function nameOf(word: string | undefined): string {
  return (word ?? '').slice(Math.max((word ?? '').lastIndexOf('/'), (word ?? '').lastIndexOf('\\')) + 1);
}

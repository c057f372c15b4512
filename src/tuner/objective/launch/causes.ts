import { existsSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path';
import type { StartCause } from '../../../protocol/runRecord.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { Message } from '../../../words/message.ts';
import { foldersUpwards, missingSetup } from './environments.ts';
import { folderWith, moduleOf, modulePlace } from './launchContext.ts';

/** Where a program ran that failed. */
export interface CausePlace {
  /** Absolute path of the script, where one is known. */
  readonly script: string | undefined;
  readonly cwd: string;
  /** Folder of the study file. */
  readonly base: string;
  readonly python: { readonly executable: string; readonly version: string } | null;
  /** A script that was started without a study file: its fix needs one. */
  readonly isBare: boolean;
}

export interface ExplainedCause {
  readonly cause: StartCause;
  readonly message: Message;
}

/** The package of a module, where it has another name on PyPI. */
const PACKAGES: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  cv2: 'opencv-python',
  dateutil: 'python-dateutil',
  dotenv: 'python-dotenv',
  faiss: 'faiss-cpu',
  fitz: 'pymupdf',
  git: 'gitpython',
  google: 'protobuf',
  gym: 'gym',
  hydra: 'hydra-core',
  igraph: 'python-igraph',
  imblearn: 'imbalanced-learn',
  IPython: 'ipython',
  jose: 'python-jose',
  jwt: 'pyjwt',
  kornia: 'kornia',
  lightning_fabric: 'lightning',
  magic: 'python-magic',
  mpl_toolkits: 'matplotlib',
  OpenSSL: 'pyopenssl',
  PIL: 'pillow',
  pkg_resources: 'setuptools',
  pytorch_lightning: 'pytorch-lightning',
  rdkit: 'rdkit',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  skopt: 'scikit-optimize',
  sentence_transformers: 'sentence-transformers',
  tensorflow_datasets: 'tensorflow-datasets',
  torch_geometric: 'torch-geometric',
  umap: 'umap-learn',
  win32api: 'pywin32',
  yaml: 'pyyaml',
};

const RELATIVE =
  /^ImportError: attempted relative import (?:with no known parent package|beyond top-level package)|No module named '__main__\.[\w.]+'; '__main__' is not a package/m;
const NO_MODULE = /^ModuleNotFoundError: No module named '?([\w.]+)'?/gm;
const NO_NODE_MODULE = /Cannot find (?:module|package) '([^'./\\-][^']*)'/;
/** Python's own words, those of libraries that raise it themselves, the interpreter's for its script, and Node's. */
const NO_FILE = [
  /^FileNotFoundError: \[(?:Errno 2|WinError [23])\] [^:\n]+: (?:b?'([^'\n]+)'|"([^"\n]+)")/gm,
  /^FileNotFoundError: (?:.*?['"]([^'"\n]+)['"]|(\S+) not found)/gm,
  /can't open file '([^'\n]+)': \[Errno 2\]/g,
  /ENOENT: no such file or directory, \w+ '([^'\n]+)'/g,
];
/** argparse; click and typer; Hydra and OmegaConf; absl; Fire; jsonargparse. */
const NO_ARGUMENT = [
  /error: the following arguments are required: (.+)$/m,
  /Missing (?:option|argument|parameter):? '?(-{0,2}[\w][\w./ -]*?)'?(?:[.\s]|$)/m,
  /Missing mandatory value: ([\w.]+)/,
  /flag (--[\w-]+)=None: Flag --[\w-]+ must have a value/,
  /The function received no value for the required argument: ([\w-]+)/,
  /error: (?:Parser key|Key|Option) "?([\w.]+)"?(?: is required|:.{0,500}required)/,
];
/** Syntax and types that came with Python 3.10 and 3.12: with a newer one the error is the person's own. */
const NEW_SYNTAX = /^SyntaxError: /m;
const NEW_TYPES =
  /^TypeError: (?:unsupported operand type\(s\) for \|: '(?:type|_?GenericAlias|NoneType|ABCMeta|_GenericAlias)'|'(?:type|ABCMeta)' object is not subscriptable)/m;

/** Why a program ended before it did anything, from what it printed; undefined where the reason is another one. */
export function startCause(output: string, place: CausePlace): ExplainedCause | undefined {
  const text = output.replaceAll('\r\n', '\n');
  const cause = importCause(text, place) ?? syntaxCause(text, place) ?? fileCause(text, place) ?? argumentCause(text);
  return cause && { cause, message: sentenceOf(cause, place) };
}

function importCause(text: string, { script, cwd, base }: CausePlace): StartCause | undefined {
  if (script !== undefined && RELATIVE.test(text)) return needsModule(script);
  const module = [...text.matchAll(NO_MODULE)].at(-1)?.[1];
  if (module === undefined) {
    const name = NO_NODE_MODULE.exec(text)?.[1];
    if (name === undefined || isAbsolute(name) || /^node:|\.[cm]?[jt]sx?$/.test(name)) return undefined;
    const scoped = name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/');
    return { code: 'missing-module', values: { module: name, package: scoped, python: '' } };
  }
  const top = module.split('.')[0] as string;
  // One that lies in the project is not installed: it is found from the folder that it is in.
  const home = script && ownFolder(top, [...foldersUpwards(dirname(script)), base, cwd]);
  if (script !== undefined && home !== undefined && home !== dirname(script)) {
    const names = relative(home, script.slice(0, -extname(script).length)).split(/[\\/]/);
    if (names.every((name) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name))) {
      return { code: 'needs-module', values: { module: names.join('.'), folder: home } };
    }
  }
  const values = { module: top, package: PACKAGES[top] ?? top };
  const setup = missingSetup(script ? dirname(script) : cwd, process.env);
  return {
    code: 'missing-module',
    values: setup ? { ...values, setup: setup.tool, command: setup.command, folder: setup.folder } : values,
  };
}

function needsModule(script: string): StartCause {
  const { module, root } = moduleOf(script) ?? modulePlace(script);
  return { code: 'needs-module', values: { module, folder: root } };
}

function ownFolder(name: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => existsSync(join(folder, `${name}.py`)) || existsSync(join(folder, name)));
}

function syntaxCause(text: string, { python, script }: CausePlace): StartCause | undefined {
  if (!python) return undefined;
  const [major = 0, minor = 0] = python.version.split('.').map(Number);
  if (major > 3 || minor >= 12) return undefined;
  const isOld = major < 3 || minor < 10;
  const isNested = /^SyntaxError: f-string: /m.test(text) || /^type \w+/m.test(text);
  if (!(NEW_SYNTAX.test(text) && (isOld || isNested)) && !(isOld && NEW_TYPES.test(text))) return undefined;
  return { code: 'old-syntax', values: { version: python.version, name: script ? basename(script) : '' } };
}

function fileCause(text: string, { script, cwd, base }: CausePlace): StartCause | undefined {
  const found = NO_FILE.flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => match[1] ?? match[2])
    .at(-1);
  if (found === undefined) return undefined;
  const file = isAbsolute(found) ? relative(cwd, found) : found;
  if (file === '' || isAbsolute(file)) return undefined;
  const from = [...new Set([script ? dirname(script) : cwd, base, cwd])];
  const folder = from.map((start) => folderWith(file, start)).find((one) => one !== undefined && one !== cwd);
  // Of an absolute path the working folder is no reason, unless another one has the file.
  if (isAbsolute(found) && folder === undefined) return undefined;
  return { code: 'file-not-found', values: { file, folder: folder ?? '' } };
}

function argumentCause(text: string): StartCause | undefined {
  for (const pattern of NO_ARGUMENT) {
    const found = pattern.exec(text)?.[1]?.trim();
    if (found) return { code: 'missing-arguments', values: { arguments: found } };
  }
  return undefined;
}

/** One sentence with what to write, as the command line says it; the window has buttons that write it. */
function sentenceOf({ code, values }: StartCause, place: CausePlace): Message {
  const { script, cwd, base, python } = place;
  const name = script ? basename(script) : tunerMessage('theProgram');
  const where = (keys: string) =>
    place.isBare && script
      ? tunerMessage('keysInNewFile', { keys, script: basename(script) })
      : tunerMessage('keysInStudyFile', { keys });
  switch (code) {
    case 'needs-module': {
      const { module = '', folder = '' } = values;
      const keys = where(`module: ${module}, cwd: ${shown(folder, base)}`);
      return place.isBare || !script
        ? tunerMessage('causeNeedsModule', { name, keys })
        : tunerMessage('causeNeedsModuleCommand', { name, module, folder: shown(folder, base), keys });
    }
    case 'missing-module': {
      const { module = '', package: wanted = '' } = values;
      if (values['python'] === '') return tunerMessage('causeMissingNodeModule', { module, package: wanted });
      const executable = python?.executable ?? 'python';
      const { setup, command = '', folder = '' } = values;
      if (setup !== undefined) return tunerMessage('causeNoEnvironment', { module, executable, command, folder });
      return tunerMessage('causeMissingModule', { module, executable, executable2: executable, package: wanted });
    }
    case 'file-not-found': {
      const { file = '', folder = '' } = values;
      if (folder === '') return tunerMessage('causeFileNowhere', { name, file, cwd, keys: where('cwd: FOLDER') });
      return tunerMessage('causeFileElsewhere', { name, file, folder, keys: where(`cwd: ${shown(folder, base)}`) });
    }
    case 'missing-arguments': {
      const wanted = values['arguments'] ?? '';
      return tunerMessage('causeMissingArguments', {
        name,
        arguments: wanted,
        keys: where(`args: [${example(wanted)}]`),
      });
    }
    case 'old-syntax':
      return tunerMessage('causeOldSyntax', { name, version: values['version'] ?? '', keys: where('python: PATH') });
    default:
      return code satisfies never;
  }
}

/** The first of the arguments that are asked for, with a place for its value. */
function example(wanted: string): string {
  const first = wanted.split(/[,/]\s*/)[0] ?? wanted;
  return first.startsWith('-') ? `${first}, VALUE` : first.toUpperCase();
}

function shown(folder: string, base: string): string {
  return relative(base, folder).replaceAll('\\', '/') || '.';
}

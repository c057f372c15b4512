import type { DraftStudyFileParams } from '../../protocol/editor.ts';
import type { Literal } from '../literals.ts';
import { shortestPath } from '../sites/findSite.ts';
import { listSites } from '../sites/listSites.ts';
import { siteLanguage } from '../sites/siteReference.ts';
import { calleeIn, type TunableSite } from '../sites/tunableSite.ts';
import type { ReadBeside } from './arguments/hydraArguments.ts';
import { CallUses } from './callUses.ts';
import { NO_RECIPES, type Recipes } from './matchRecipes.ts';
import { type DraftDistribution, rankCandidates, wordsOf } from './tunable.ts';

/** A value in the code that a draft searches. */
export interface DraftSite {
  /** The parameter's: `learning_rate` of `LEARNING_RATE`. */
  readonly name: string;
  /** `train.py#LEARNING_RATE`. */
  readonly at: string;
  readonly literal: Literal;
  readonly distribution: DraftDistribution;
}

interface NamedFile {
  readonly path: string;
  readonly text: string;
}

interface SourceFile extends NamedFile {
  readonly sites: readonly TunableSite[];
}

/** Beyond this many parameters a search of some 30 trials learns little about each. */
const MOST_SITES = 12;
const MOST_FILES = 50;
const MOST_LEVELS = 2;

/**
 * The hyperparameters that stand in a script, in the modules of the workspace that it imports and in the configuration
 * files that it names, the most promising first. `declared`: the words of the names of its arguments, where some of them
 * are searched; then only what these leave out and what a configuration file has.
 */
export function draftSites(
  params: DraftStudyFileParams,
  readBeside: ReadBeside,
  recipes: Recipes = NO_RECIPES,
  declared: ReadonlySet<string> | null = null,
): DraftSite[] {
  const files = readFiles(params, readBeside).map(
    ({ path, text }, at): SourceFile => ({
      path,
      text,
      sites: listSites(at === 0 ? params.languageId : (siteLanguage(path) ?? ''), text),
    }),
  );
  const words = new Words(files.map((file) => file.text).join('\n'));
  const uses = new CallUses(params.languageId === 'python' ? params.text : '');
  const candidates = files.flatMap((file) =>
    lastOfEach(file.sites)
      .filter((site) => isCandidate(site, file, words))
      .map((site) => ({
        name: nameOf(site),
        path: site.path,
        literal: site.literal,
        use: isConfiguration(file.path) ? null : uses.of(site.path),
        site,
        file,
      })),
  );
  const found = new Map<string, DraftSite>();
  for (const { site: candidate, distribution, rank } of rankCandidates(candidates, recipes)) {
    const { site, file } = candidate;
    const short = wordsOf(candidate.name).replaceAll(' ', '_');
    const name = found.has(short) ? wordsOf(site.path).replaceAll(' ', '_') : short;
    if (rank === 0 || found.size >= MOST_SITES || found.has(name) || !/^\p{L}/u.test(name)) continue;
    if (declared && (found.has(short) || !isBesideArguments(candidate, rank, declared, params.scriptPath))) continue;
    // A second batch size is mostly the test loader's.
    if (found.has(short) && /batch/.test(short)) continue;
    found.set(name, {
      name,
      at: `${file.path}#${shortestPath(file.sites, site)}`,
      literal: site.literal,
      distribution,
    });
  }
  return [...found.values()];
}

/** A row of the table from which a literal in a call is worth a search beside arguments. */
const WORTH_IT = 8;

/** Whether a value is one that the arguments of its script leave out: `Adam(lr=1e-3)` of one without `--lr`. */
function isBesideArguments(
  { site, file, name }: { readonly site: TunableSite; readonly file: SourceFile; readonly name: string },
  rank: number,
  declared: ReadonlySet<string>,
  scriptPath: string,
): boolean {
  const words = meaningOf(name);
  if ([...declared].some((one) => meaningOf(one) === words)) return false;
  if (isConfiguration(file.path)) return true;
  const isInCall = site.kind === 'keyword' || site.kind === 'position';
  return isInCall && rank >= WORTH_IT && file.path === scriptPath;
}

/** One spelling of names that mean the same. */
function meaningOf(name: string): string {
  return wordsOf(name)
    .replace(/^(learning rate|lr0|base lr|initial lr)$/, 'lr')
    .replace(/^(wd|l2)$/, 'weight decay')
    .replace(/^(drop ?out|drop|dp)( (rate|prob|ratio|p))?$/, 'dropout')
    .replace(/^(train )?batch ?size$|^bs$/, 'batch size');
}

function isConfiguration(path: string): boolean {
  return /\.(ya?ml|json|toml|ini|cfg)$/.test(path);
}

/** What draws, loads, makes or splits data: its numbers are not learnt from. */
const NOT_TRAINING =
  /^(plot|hist|scatter|bar|print|legend|figure|imshow|fill_between|make_\w+|train_test_split|Compose|Normalize|Random(Crop|Resized|Horizontal|Vertical|Rotation|Erasing|Affine|Apply|Flip|Zoom|Contrast|Brightness|Translation)\w*|Resize|ColorJitter|load\w*|fetch_\w+|read_\w+|range|zeros|ones|randn?|arange|linspace|sleep|full|clamp|round|EarlyStopping|ModelCheckpoint|sum|mean|max|min|argmax|softmax|add_argument)$/;
const NOT_TRAINING_WORDS = ['Scaler', 'Augment', 'Norm'];
const PLOTS = /^(plt|ax\w*|fig|sns|axes|px|go|np\.random)\./;
const OPTIMISER = /(^|\.)(Adam\w*|SGD|RMSprop|RMSProp|Adagrad|Adadelta|NAdam|Lion|Muon|Adafactor)$/;
const HELD_OUT = /(^|[._])(test|tests|val|valid|validation|eval|dev|infer\w*|predict\w*)([._\d]|$)/i;

/** Whether a path is an argument of a call that has nothing to do with training. */
export function isApart(path: string): boolean {
  const callee = calleeIn(path);
  if (callee === null) return false;
  const last = callee.slice(callee.lastIndexOf('.') + 1);
  return PLOTS.test(callee) || NOT_TRAINING.test(last) || NOT_TRAINING_WORDS.some((word) => last.includes(word));
}

/** Whether a site is of the kind that a search of the training varies, whatever it is called. */
function isCandidate(site: TunableSite, file: SourceFile, words: Words): boolean {
  const { kind, path } = site;
  if (kind === 'flag' || HELD_OUT.test(path.slice(0, path.includes('(') ? path.indexOf('(') : undefined))) return false;
  const callee = calleeIn(path);
  if (isApart(path)) return false;
  if (kind === 'position') return callee !== null && isKnownPlace(callee, path, file, site);
  // A number in a list is one of several; a pair of betas has no name of its own.
  const before = file.text.slice(0, site.start).trimEnd();
  const isDeclared = kind === 'field' && /\w\($/.test(before);
  if (/[[,(]$/.test(before) && !isDeclared) return kind === 'keyword' && !/\[\d+\]$/.test(path);
  if (kind === 'default') return !isGivenAtCall(path, site.name, words);
  // What a dict is given to reads its keys.
  if (/:$/.test(before)) return true;
  // What an object of a class is given to reads its fields.
  if (kind === 'field' && words.uses(ownerOf(path)) > 1) return true;
  const isVariable = kind === 'constant' || kind === 'local' || kind === 'field';
  return !isVariable || !/^\w+$/.test(lastSegment(path)) || words.uses(site.name) > 1;
}

function isKnownPlace(callee: string, path: string, file: SourceFile, { end }: TunableSite): boolean {
  const place = /\((\d+)\)/.exec(path)?.[1];
  if (OPTIMISER.test(callee)) return place === '0' || place === '1';
  if (place !== '0') return false;
  if (/^\w*dropout/i.test(callee.slice(callee.lastIndexOf('.') + 1))) return true;
  // The last layer has as many units as there are classes.
  return (
    /(^|\.)(Dense|dense)$/.test(callee) &&
    /^[^)]*activation\s*[=:]\s*["'](?!softmax|sigmoid|linear)/.test(file.text.slice(end))
  );
}

function nameOf({ kind, name, path }: TunableSite): string {
  const callee = kind === 'position' || name === 'p' ? calleeIn(path) : null;
  if (callee === null) return name;
  if (/dropout/i.test(callee)) return 'dropout';
  if (kind !== 'position') return name;
  return OPTIMISER.test(callee) ? 'lr' : 'units';
}

/** Of one variable that is assigned several times, the last assignment is what the training sees. */
function lastOfEach(sites: readonly TunableSite[]): TunableSite[] {
  const last = new Map(sites.map((site) => [withoutNumber(site.path), site]));
  return sites.filter(
    (site) => site.kind === 'keyword' || site.kind === 'position' || last.get(withoutNumber(site.path)) === site,
  );
}

/** The class of a field: `Config` of `Config.lr`. */
function ownerOf(path: string): string {
  const owner = path.slice(0, path.lastIndexOf('.'));
  return owner.slice(owner.lastIndexOf('.') + 1);
}

function lastSegment(path: string): string {
  return withoutNumber(path).slice(path.lastIndexOf('.') + 1);
}

function withoutNumber(path: string): string {
  return path.replace(/\[\d+\]$/, '');
}

/** Whether a call gives the parameter, so that its default is not used: `Net(hidden=…)`. */
function isGivenAtCall(path: string, name: string, words: Words): boolean {
  const callee = calleeIn(path);
  const owner = callee?.slice(callee.lastIndexOf('.') + 1);
  return owner !== undefined && words.givesAt(owner, name);
}

/** The words of all files, and what calls are given: read once, as there may be thousands of sites. */
class Words {
  readonly #text: string;
  readonly #counts = new Map<string, number>();
  #calls: Map<string, string[]> | undefined;

  constructor(text: string) {
    this.#text = text;
    for (const [word] of text.matchAll(/[\p{L}\p{N}_]+/gu)) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  /** How often a name stands there; of `batch-size` its rarest part. */
  uses(name: string): number {
    const parts = name.match(/[\p{L}\p{N}_]+/gu) ?? [];
    return Math.min(...parts.map((part) => this.#counts.get(part) ?? 0));
  }

  /** Whether a call of `callee` has an argument by that name. */
  givesAt(callee: string, name: string): boolean {
    this.#calls ??= this.#readCalls();
    const given = new RegExp(`\\b${name}\\s{0,20}[=:](?!=)`);
    return this.#calls.get(callee)?.some((text) => given.test(text)) === true;
  }

  #readCalls(): Map<string, string[]> {
    const calls = new Map<string, string[]>();
    for (const [, callee = '', given = ''] of this.#text.matchAll(
      /(?<!def |class )\b(\w{1,100})\((?=([^)]{0,2000}))/g,
    )) {
      const known = calls.get(callee);
      if (known) known.push(given);
      else calls.set(callee, [given]);
    }
    return calls;
  }
}

/** The script, and of the workspace what it imports and names; the nearest first. */
export function readFiles({ scriptPath, text }: DraftStudyFileParams, readBeside: ReadBeside): NamedFile[] {
  const folder = scriptPath.slice(0, scriptPath.lastIndexOf('/') + 1);
  const files: NamedFile[] = [{ path: scriptPath, text }];
  const seen = new Set([scriptPath]);
  let level: NamedFile[] = [{ path: scriptPath.slice(folder.length), text }];
  for (let depth = 0; depth <= MOST_LEVELS && level.length > 0; depth++) {
    const next: NamedFile[] = [];
    for (const path of level.flatMap((file) => namedFiles(file, depth < MOST_LEVELS))) {
      if (seen.has(folder + path) || files.length >= MOST_FILES) continue;
      seen.add(folder + path);
      const found = readBeside(path);
      if (found === null || siteLanguage(path) === null) continue;
      files.push({ path: folder + path, text: found });
      next.push({ path, text: found });
    }
    level = next;
  }
  return files;
}

/** Paths, relative to the script's folder, of the modules and configuration files that a file names. */
function namedFiles({ path, text }: NamedFile, withModules: boolean): string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  // Some configurations are Python that the script reads or runs: `Config.fromfile('configs/resnet.py')`.
  const configs = [...text.matchAll(/["']([\w./-]{1,200}\.(?:ya?ml|json|toml|ini|cfg|py))["']/g)].map(
    ([, name]) => name as string,
  );
  if (!withModules) return configs;
  const modules = /\.py$|\.ipynb$/.test(path) ? pythonModules(text, folder) : javaScriptModules(text, folder);
  return [...configs, ...modules]
    .filter((name) => !name.startsWith('../') && !name.startsWith('/'))
    .map((name) => name.replace(/^\.\//, ''));
}

function pythonModules(text: string, folder: string): string[] {
  const found: string[] = [];
  for (const [, from, names, plain] of text.matchAll(
    /^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+\(?([\w, \t]+)|import[ \t]+([\w., \t]+))/gm,
  )) {
    for (const module of from === undefined ? (plain ?? '').split(',') : [from]) {
      const name = module.trim().split(/\s/)[0] ?? '';
      const dots = /^\.*/.exec(name)?.[0] ?? '';
      const rest = name.slice(dots.length);
      const base = dots.length > 1 ? null : dots === '.' ? folder : '';
      if (base === null) continue;
      const stem = base + rest.replaceAll('.', '/');
      if (rest !== '') found.push(`${stem}.py`, `${stem}/__init__.py`);
      // A module may be what is imported from a package.
      for (const member of (names ?? '').split(',')) {
        const inside = member.trim().split(/\s/)[0];
        if (inside) found.push(`${rest === '' ? base : `${stem}/`}${inside}.py`);
      }
    }
  }
  return found;
}

function javaScriptModules(text: string, folder: string): string[] {
  const named = text.matchAll(/(?:from|import|require\()\s*["']\.\/([\w./-]+)["']/g);
  return [...named].flatMap(([, name]) => {
    const stem = folder + (name as string);
    return /\.[cm]?[jt]sx?$/.test(stem) ? [stem] : [`${stem}.js`, `${stem}.ts`];
  });
}

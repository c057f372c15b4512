import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Params, ParamValue } from '../../../core/space/distributions.ts';
import { makeOwnFolder, writeOwnFile } from '../../../runs/ownFiles.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { Message } from '../../../words/message.ts';
import { pythonFolder } from '../../pythonFolder.ts';
import { collectOverlay, makeOverlay, type Overlay, wasRead } from './overlay.ts';
import type { ResolvedSite } from './resolveSites.ts';

const CODE = /^(python|jupyter-notebook|(java|type)script(react)?)$/;
const SCRIPT = /^(java|type)script(react)?$/;
/** Text around a site, by which it is found again in a file that has changed since. */
const AROUND = 60;

/** What reads the files of a program: these take values in memory, any other sees changed copies in an overlay. */
export type Reader = 'python' | 'node' | 'other';

/** What a process of the trial appended to the report, a line each. */
interface Report {
  readonly used?: string;
  readonly unused?: string;
  readonly line?: number;
  readonly by?: number | null;
}

/** Whether a program read the value of a parameter. */
export interface SiteRead {
  readonly parameter: string;
  /** The sentence to say where it did not, as far as it is known; null: it did, or nobody can tell. */
  readonly unread: Message | null;
  /** The code shows that no values of the parameters change that. */
  readonly isCertain?: boolean;
}

export interface TrialSitesOptions {
  readonly sites: readonly ResolvedSite[];
  readonly params: Params;
  /** The trial's own folder, in the run folder. */
  readonly folder: string;
  /** Real path of the study file's folder. */
  readonly base: string;
  /** Absolute working folder of the program. */
  readonly cwd: string;
  readonly reader: Reader;
}

/** The values of one trial, put where they stand in the code while its program runs. */
export class TrialSites {
  readonly #options: TrialSitesOptions;
  readonly #report: string;
  readonly #settings: string;
  readonly #overlay: Overlay | null;
  /** Changed copies outside of an overlay. */
  readonly #copied: string[] = [];

  constructor(options: TrialSitesOptions) {
    this.#options = options;
    const { folder, base, cwd, reader } = options;
    makeOwnFolder(dirname(folder));
    makeOwnFolder(folder);
    this.#report = join(folder, 'sites.log');
    this.#settings = join(folder, 'sites.json');
    writeOwnFile(this.#report, '');
    const copies = this.#copies();
    this.#overlay =
      reader === 'other' && copies.length > 0 ? makeOverlay(join(folder, 'overlay'), base, cwd, new Map(copies)) : null;
    writeOwnFile(this.#settings, this.#describe(copies));
  }

  /** Where the program runs. */
  get cwd(): string {
    return this.#overlay?.cwd ?? this.#options.cwd;
  }

  environment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const { sites, reader } = this.#options;
    // A program that has nothing to do with Node starts an older one, which knows no such option, as it always did.
    const isNode = reader === 'node' || sites.some(({ languageId }) => SCRIPT.test(languageId));
    return {
      TUNEBOARD_SITES: this.#settings,
      PYTHONPATH: [join(pythonFolder, 'sites'), env['PYTHONPATH']].filter(Boolean).join(delimiter),
      ...(isNode && { NODE_OPTIONS: [env['NODE_OPTIONS'], `--import=${hooks()}`].filter(Boolean).join(' ') }),
      // uv would install the project anew, from the folder of the overlay.
      ...(this.#overlay && { UV_NO_SYNC: env['UV_NO_SYNC'] ?? '1' }),
    };
  }

  get params(): Params {
    return this.#options.params;
  }

  /** Ends the overlay: what the program made in it goes to where it would have been without one. Returns what to tell. */
  close(): Message[] {
    const notes = this.#overlay ? collectOverlay(this.#overlay) : [];
    rmSync(this.#settings, { force: true });
    for (const copy of this.#copied) rmSync(copy, { force: true });
    return notes;
  }

  /** What became of the values of the parameters that this trial has; to be asked before `close`. */
  reads(): SiteRead[] {
    const { sites, params } = this.#options;
    const reports = readReports(this.#report);
    const used = new Set(reports.map((report) => report.used));
    return sites
      .filter(({ parameter }) => params[parameter] !== undefined)
      .map((site) => {
        const { parameter, named: file, path, line } = site;
        const place = { parameter, file, line, path };
        const unused = reports.find((report) => report.unused === parameter);
        if (unused) {
          const { by } = unused;
          const unread = by ? tunerMessage('siteOverwritten', { ...place, by }) : tunerMessage('siteUnused', place);
          return { parameter, unread, isCertain: true };
        }
        if (used.has(parameter)) return { parameter, unread: null };
        if (CODE.test(site.languageId)) return { parameter, unread: tunerMessage('siteNotReached', place) };
        const isRead = this.#overlay ? wasRead(this.#overlay, this.#inside(site)) : false;
        return { parameter, unread: isRead === false ? tunerMessage('siteNotOpened', { parameter, file }) : null };
      });
  }

  #inside({ file }: ResolvedSite): string {
    return relative(this.#options.base, file);
  }

  /** Texts of the configuration files with the values in place, by their paths in the study's folder. */
  #copies(): [path: string, text: string][] {
    const configs = this.#options.sites.filter(({ languageId }) => !CODE.test(languageId));
    const byPath = Map.groupBy(configs, (site) => this.#inside(site));
    return [...byPath].map(([path, sites]) => [path, this.#changed(sites)]);
  }

  #changed(sites: readonly ResolvedSite[]): string {
    let text = (sites[0] as ResolvedSite).source;
    for (const site of sites.toSorted((a, b) => b.start - a.start)) {
      const value = this.#options.params[site.parameter];
      if (value === undefined) continue;
      text = text.slice(0, site.start) + site.print(value) + text.slice(site.end);
    }
    return text;
  }

  /** See sitecustomize.py for the first line, _tuneboard_sites.py and nodeHooks.mjs for the rest. */
  #describe(copies: readonly [path: string, text: string][]): string {
    const { sites, params, base, folder, reader } = this.#options;
    const files: Record<string, { notebook?: boolean; sites: object[] }> = {};
    const names = new Map<string, { length: number; kind: string }>();
    for (const [file, ofFile] of Map.groupBy(sites, (site) => site.file)) {
      const active = ofFile.filter(
        ({ languageId, parameter }) => CODE.test(languageId) && params[parameter] !== undefined,
      );
      if (active.length === 0) continue;
      const { languageId, source } = active[0] as ResolvedSite;
      files[file] = {
        ...(languageId === 'jupyter-notebook' && { notebook: true }),
        sites: active.map((site) => described(site, params[site.parameter] as ParamValue)),
      };
      // As `open(FILE).read()` gives it.
      names.set(basename(file), { length: Array.from(source.replace(/\r\n?/g, '\n')).length, kind: 'code' });
    }
    const changed: Record<string, { path: string; parameters: string[] }> = {};
    for (const [path, text] of copies) {
      const real = join(base, path);
      const copy = this.#overlay ? join(this.#overlay.path, path) : join(folder, `copy.${path.replaceAll(sep, '.')}`);
      if (!this.#overlay) {
        writeOwnFile(copy, text);
        this.#copied.push(copy);
      }
      const parameters = sites.filter(({ file }) => file === real).map(({ parameter }) => parameter);
      changed[real] = { path: copy, parameters };
      if (this.#overlay) changed[copy] = { path: copy, parameters };
      const name = names.get(basename(path));
      names.set(basename(path), { length: name?.length ?? 0, kind: `${name?.kind ?? ''}copy` });
    }
    const first = [...names].flatMap(([name, { length, kind }]) => [name, length || '', kind]).join('/');
    return `${first}\n${JSON.stringify({ report: this.#report, reader, files, copies: changed })}`;
  }
}

function described({ parameter, source, text, cell, print, ...site }: ResolvedSite, value: ParamValue): object {
  const start = cell?.start ?? site.start;
  const end = start + text.length;
  return {
    parameter,
    start,
    end,
    text,
    before: cell ? '' : source.slice(Math.max(0, start - AROUND), start),
    after: cell ? '' : source.slice(end, end + AROUND),
    value: print(value),
    ...(cell && { cell: cell.index }),
  };
}

function readReports(path: string): Report[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Report];
    } catch {
      return [];
    }
  });
}

/** What Node loads before the program: beside the bundle, or its source. */
function hooks(): string {
  const paths = ['./siteHooks.mjs', './nodeHooks.mjs'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return pathToFileURL(paths.find((path) => existsSync(path)) ?? (paths[1] as string)).href;
}

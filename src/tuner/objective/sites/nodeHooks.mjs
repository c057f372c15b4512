/**
 * Loaded by Node before a trial's program: puts the trial's values where they stand in its code. `TUNEBOARD_SITES` names
 * the file that trialSites.ts writes. Modules that have a site are changed as they are loaded, in memory; a changed copy is
 * read instead of a configuration file. A Node older than 22.15 has no hooks for that: the tuner says which values were
 * not read.
 */
import fs from 'node:fs';
import module, { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const settings = process.env.TUNEBOARD_SITES;
const { readFileSync, appendFileSync, realpathSync } = fs;

/** A process that is left over from a trial that has ended finds none. */
function read() {
  try {
    const text = readFileSync(settings, 'utf8');
    return JSON.parse(text.slice(text.indexOf('\n') + 1));
  } catch {
    return undefined;
  }
}

const described = settings === undefined ? undefined : read();
const isOurs = described !== undefined && described.reader !== 'python';
if (isOurs) install(described);

function install({ report, files, copies }) {
  const seen = new Set();
  const evaluated = (parameter, value) => {
    if (!seen.has(parameter)) {
      seen.add(parameter);
      appendFileSync(report, `${JSON.stringify({ used: parameter })}\n`);
    }
    return value;
  };
  Object.defineProperty(globalThis, '__tuneboard_site__', { value: evaluated });
  if (Object.keys(files).length > 0 && module.registerHooks) hookModules(files);
  if (Object.keys(copies).length > 0) hookFiles(copies, evaluated);
}

function hookModules(files) {
  module.registerHooks({
    load(url, context, next) {
      const file = url.startsWith('file:') ? files[real(fileURLToPath(url))] : undefined;
      const loaded = next(url, context);
      if (!file) return loaded;
      // A CommonJS module is handed over without its text.
      const text = loaded.source == null ? readFileSync(new URL(url), 'utf8') : String(loaded.source);
      const format = loaded.format?.replace(/-typescript$/, '');
      const source = changed(text, file.sites, url);
      const isTyped = loaded.format !== format;
      return { format, source: isTyped ? module.stripTypeScriptTypes(source) : source, shortCircuit: true };
    },
  });
}

/** Lines stay as they are. */
function changed(text, sites, url) {
  const skipped = text.startsWith('\uFEFF') ? 1 : 0;
  const found = sites.map((site) => ({ ...site, at: place(text, skipped, site, url) }));
  let result = text;
  for (const { at, text: own, parameter, value } of found.sort((a, b) => b.at - a.at)) {
    const call = `__tuneboard_site__(${JSON.stringify(parameter)}, ${value})`;
    result = result.slice(0, at) + call + result.slice(at + own.length);
  }
  return result;
}

/** Where it was when the trial began, else where the text around it is. */
function place(text, skipped, { start, before, text: own, after }, url) {
  const around = before + own + after;
  const at = start + skipped - before.length;
  if (text.startsWith(around, at)) return start + skipped;
  const found = text.indexOf(around);
  if (found >= 0 && text.indexOf(around, found + 1) < 0) return found + before.length;
  throw new Error(`${fileURLToPath(url)} has changed since the trial started: ${own} is gone.`);
}

function hookFiles(copies, evaluated) {
  const names = new Set(Object.keys(copies).map((path) => basename(path)));
  const instead = (path) => {
    const text = path instanceof URL && path.protocol === 'file:' ? fileURLToPath(path) : path;
    if (typeof text !== 'string' || !names.has(basename(text))) return path;
    const copy = copies[real(text)];
    if (!copy) return path;
    for (const parameter of copy.parameters) evaluated(parameter);
    return copy.path;
  };
  for (const [object, names] of [
    [fs, ['readFileSync', 'readFile', 'createReadStream']],
    [fs.promises, ['readFile']],
  ]) {
    for (const name of names) {
      const original = object[name];
      object[name] = function (path, ...rest) {
        return original.call(this, instead(path), ...rest);
      };
    }
  }
  syncBuiltinESMExports();
  // `require('./config.json')` and `import config from './config.json'` read by themselves.
  module.registerHooks?.({
    load(url, context, next) {
      const path = url.startsWith('file:') ? fileURLToPath(url) : undefined;
      const copy = path === undefined ? undefined : instead(path);
      if (copy === undefined || copy === path) return next(url, context);
      return { ...next(url, context), source: readFileSync(copy, 'utf8'), shortCircuit: true };
    },
  });
}

function real(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

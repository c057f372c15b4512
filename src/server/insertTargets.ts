import { realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { siteLanguage } from '../language/sites/siteReference.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { importedSources } from './importedSources.ts';
import { entriesOf, pathOf, readText } from './studyFiles.ts';

/** A file that may take the values of a study. */
export interface Target {
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
}

/** Modules and named configurations that a search looks into, and configurations beside the script. */
const MOST_MODULES = 50;
const MOST_CONFIGS = 100;
const MOST_ENTRIES = 400;
const DEEPEST = 3;

const CONFIG_FOLDERS = /^(conf|confs|config|configs|configuration|params|settings|hparams)$/i;
const CONFIG_FILE = /(\.(ya?ml|json|jsonc|toml|ini|cfg|conf|properties|env|sh|bash)|^\.env(\.[\w-]+)?)$/i;
/** Files of tools, which hold no parameters of a training. */
const TOOL_FILE =
  /^(package(-lock)?|tsconfig.*|jsconfig.*|composer|\.?eslintrc|\.?prettierrc|biome|renovate|devcontainer)\.jsonc?$|lock\.(ya?ml|json)$|^(docker-compose|mkdocs|\.pre-commit-config|environment)\.ya?ml$/i;

const LANGUAGES: Readonly<Record<string, string>> = {
  ini: 'ini',
  cfg: 'ini',
  conf: 'ini',
  properties: 'properties',
  env: 'dotenv',
  sh: 'shellscript',
  bash: 'shellscript',
};

/** The language of a file by its name, as VS Code calls it; null for one that no value is put into. */
export function targetLanguage(path: string): string | null {
  const name = basename(path).toLowerCase();
  if (/^\.env(\.|$)/.test(name)) return 'dotenv';
  return siteLanguage(name) ?? LANGUAGES[/\.(\w+)$/.exec(name)?.[1] ?? ''] ?? null;
}

/** The text of an open document, as unsaved as it is. */
type TextOf = (uri: string) => string | undefined;

/** The modules and configurations that a script imports or names, and those that they import, the nearest first. */
export function importedTargets({ uri, languageId, text }: Target, textOf: TextOf): Target[] {
  const path = pathOf(uri);
  if (path === null) return [];
  return importedSources({ path, languageId, text }, MOST_MODULES, (place) => {
    const target = readTarget(place, textOf);
    return target && { path: place, ...target };
  });
}

/** Configurations beside a script, in folders for them, and at the roots of the workspace. */
export function nearbyConfigs(uri: string, roots: readonly string[], textOf: TextOf): Target[] {
  const path = pathOf(uri);
  if (path === null) return [];
  const paths: string[] = [];
  const budget = { entries: MOST_ENTRIES };
  const visit = (folder: string, depth: number): void => {
    for (const entry of entriesOf(folder)) {
      if (budget.entries-- <= 0) return;
      const place = join(folder, entry.name);
      if (entry.isFile() && CONFIG_FILE.test(entry.name) && !TOOL_FILE.test(entry.name)) paths.push(place);
      const isConfig = depth > 0 || CONFIG_FOLDERS.test(entry.name);
      if (entry.isDirectory() && isConfig && depth < DEEPEST && !entry.name.startsWith('.')) visit(place, depth + 1);
    }
  };
  const folders = [dirname(path), ...roots.flatMap((root) => pathOf(root) ?? [])];
  for (const folder of new Set(folders)) visit(folder, 0);
  return [...new Set(paths)].slice(0, MOST_CONFIGS).flatMap((place) => readTarget(place, textOf) ?? []);
}

/** Whether a file is in one of the folders, whatever links lead there. */
export function isWithin(uri: string, roots: readonly string[]): boolean {
  const path = pathOf(uri);
  try {
    const real = path === null ? null : realpathSync(path);
    return roots.some((root) => {
      const folder = pathOf(root);
      return real !== null && folder !== null && real.startsWith(realpathSync(folder) + sep);
    });
  } catch {
    return false;
  }
}

/** Why a text is no place for an insertion: a program made it, or a merge of it is not finished. */
export function refusalOf(text: string): 'generated' | 'conflict' | null {
  if (/^<{7} .*$/m.test(text) && /^>{7} .*$/m.test(text)) return 'conflict';
  return /@generated\b|\bDO NOT (EDIT|MODIFY)\b|\bautomatically generated\b|\bauto-generated\b/i.test(
    text.slice(0, 2000),
  )
    ? 'generated'
    : null;
}

function readTarget(path: string, textOf: TextOf): Target | null {
  const languageId = targetLanguage(path);
  if (languageId === null || languageId === 'jupyter-notebook' || isStudyFile(path)) return null;
  const uri = pathToFileURL(path).toString();
  const text = textOf(uri) ?? readText(path);
  return text === null ? null : { uri, languageId, text };
}

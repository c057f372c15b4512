/** A larger file is data, in megabytes. */
export const MOST_SITE_MB = 16;

/** `FILE#PATH` of a study file, taken apart. */
export interface SiteReference {
  /** As written, relative to the study file's folder. */
  readonly file: string;
  readonly path: string;
}

const LANGUAGES: Readonly<Record<string, string>> = {
  py: 'python',
  pyw: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascriptreact',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'typescriptreact',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  jsonc: 'jsonc',
  json5: 'jsonc',
  toml: 'toml',
  ipynb: 'jupyter-notebook',
  ini: 'ini',
  cfg: 'ini',
  r: 'r',
  jl: 'julia',
  sh: 'shellscript',
  bash: 'shellscript',
};

/** Reads `FILE#PATH`; null where one of the two is missing. A `#` in a folder's name belongs to the file. */
export function readSiteReference(at: string): SiteReference | null {
  const match = /^(.+?\.\w+)#(.+)$/s.exec(at) ?? /^([^#]+)#(.+)$/s.exec(at);
  const [file, path] = [match?.[1]?.trim(), match?.[2]?.trim()];
  return file && path ? { file, path } : null;
}

/** The language of a file by its name, as VS Code calls it; null for one whose values cannot be found. */
export function siteLanguage(file: string): string | null {
  const ending = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(LANGUAGES, ending) ? (LANGUAGES[ending] as string) : null;
}

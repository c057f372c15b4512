/**
 * Paths that a script's imports may mean, relative to the folder of the script, the likeliest first of each; and the
 * configuration files that it names. Nothing is resolved here: many of them are not there.
 */
export function importedFiles(languageId: string, text: string): string[] {
  const code = languageId === 'python' || languageId === 'jupyter-notebook' ? pythonModules(text) : scriptModules(text);
  const configs = [...text.matchAll(/["'`]([\w./-]+\.(?:ya?ml|json|toml))["'`]/g)].map(([, path]) => path as string);
  return [...new Set([...code, ...configs])];
}

function pythonModules(text: string): string[] {
  const found: string[] = [];
  const add = (module: string) => {
    const dots = /^\.*/.exec(module)?.[0].length ?? 0;
    const up = dots > 1 ? '../'.repeat(dots - 1) : '';
    const path = up + module.slice(dots).replaceAll('.', '/');
    if (path !== '') found.push(`${path}.py`, `${path}/__init__.py`);
  };
  const imports =
    /^[ \t]{0,80}from[ \t]{1,80}([\w.]{1,500})[ \t]{1,80}import[ \t]{1,80}(?:\(([^)]{0,5000})|([\w \t,]{0,5000}))/gm;
  for (const [, from, listed, names = listed] of text.matchAll(imports)) {
    if (!/^\.+$/.test(from ?? '')) add(from as string);
    // `from .models import net` may name a module of the package as well as what stands in it.
    for (const name of (names ?? '').match(/\w+/g) ?? []) add(`${from}${from?.endsWith('.') ? '' : '.'}${name}`);
  }
  for (const [, names] of text.matchAll(/^[ \t]*import[ \t]+([\w., \t]+)/gm)) {
    for (const name of (names ?? '').split(',')) add((name.trim().split(/\s/)[0] as string) ?? '');
  }
  return found;
}

const ENDINGS = ['', '.js', '.mjs', '.ts', '.mts', '.tsx', '.jsx', '/index.js', '/index.ts'];

function scriptModules(text: string): string[] {
  const paths = [...text.matchAll(/(?:from|import|require)\s{0,20}\(?\s{0,20}["'`](\.{1,2}\/[^"'`]{1,500})["'`]/g)];
  return paths.flatMap(([, path]) => {
    const plain = path as string;
    // TypeScript names the file that it will become.
    const source = plain.replace(/\.([cm]?)js$/, '.$1ts');
    return [...ENDINGS.map((ending) => plain + ending), ...(source === plain ? [] : [source])];
  });
}

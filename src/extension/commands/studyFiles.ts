import { basename, resolve } from 'node:path';
import { SnippetString, Uri, workspace } from 'vscode';
import { pick } from '../window/plainWindow.ts';
import { showDocument } from '../window/showDocument.ts';
import type { Translate } from '../window/words.ts';
import { t } from '../window/words.ts';

/** The study file of the same folder that runs this script; a person chooses where there are several. */
export async function studyFileFor(script: Uri): Promise<Uri | undefined> {
  const folder = Uri.joinPath(script, '..');
  const names = (await workspace.fs.readDirectory(folder)).map(([name]) => name);
  const candidates = names.filter((name) => /\.study\.ya?ml$/i.test(name));
  if (candidates.length === 0) return undefined;
  const { parseStudyFile } = await import('../../studyfile/parseStudyFile.ts');
  const matching: Uri[] = [];
  for (const name of candidates) {
    const uri = Uri.joinPath(folder, name);
    const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
    const objective = parseStudyFile(text).file?.objective;
    const words = objective?.kind === 'command' ? objective.argv : objective?.kind === 'optuna' ? [objective.path] : [];
    const from = objective?.kind === 'command' ? resolve(folder.fsPath, objective.cwd) : folder.fsPath;
    if (words.some((word) => resolve(from, word) === script.fsPath)) matching.push(uri);
  }
  if (matching.length < 2) return matching[0];
  const items = matching.map((uri) => ({ label: basename(uri.path), uri }));
  return (await pick(items, { placeHolder: t('studyFileStart') }))?.uri;
}

/** A study file with places to fill in, unsaved, beside the script or in the first folder. */
export async function newStudyFile(near: Uri | undefined): Promise<void> {
  const folder = near ? Uri.joinPath(near, '..') : workspace.workspaceFolders?.[0]?.uri;
  const isPython = near === undefined || /\.(py|ipynb)$/i.test(near.path);
  const script = near ? basename(near.path) : 'train.py';
  const stem = script.replace(/\.[^.]+$/, '');
  const uri = folder ? await freeName(folder, stem) : Uri.from({ scheme: 'untitled', path: `${stem}.study.yaml` });
  const document = await workspace.openTextDocument(uri);
  const editor = await showDocument(document);
  await editor.insertSnippet(new SnippetString(studyFileSnippet(script, isPython ? 'python' : 'node', t)));
}

export async function exists(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function freeName(folder: Uri, stem: string): Promise<Uri> {
  for (let count = 1; ; count++) {
    const uri = Uri.joinPath(folder, `${stem}${count === 1 ? '' : `-${count}`}.study.yaml`);
    const isOpen = workspace.textDocuments.some(({ uri: other }) => other.path === uri.path);
    if (!isOpen && !(await exists(uri))) return uri.with({ scheme: 'untitled' });
  }
}

/**
 * A study file as a snippet: a person tabs through the name, the direction, the metric, the program and the budget. Keys
 * that a study gets by without stand below as comments.
 */
export function studyFileSnippet(script: string, program: string, t: Translate): string {
  const stem = script.replace(/\.[^.]+$/, '');
  const call = `${program} ${argument(script)}`;
  // In a value without quotes a colon starts a key and a number sign a comment.
  const isPlain = !/:\s|\s#/.test(call);
  const quote = isPlain ? '' : "'";
  return `name: \${1:${inPlace(yamlText(stem))}}
direction: \${2|maximize,minimize|}
metric: \${3:accuracy}
objective:
  command: ${quote}\${4:${inPlace(isPlain ? call : call.replaceAll("'", "''"))}} --learning_rate {learning_rate} --batch_size {batch_size}${quote}
space:
  learning_rate: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
  batch_size: { type: categorical, choices: [16, 32, 64] }
budget: { trials: \${5:50} }
$0
# ${t('optionalSettings')}
# sampler: auto # ${t('aboutSampler')}
# pruner: median # ${t('aboutPruner')}
# scheduler: { type: hyperband, max_resource: 27 } # ${t('aboutScheduler')}
# constraints: [latency_over] # ${t('aboutConstraints')}
# parallel: 2 # ${t('aboutParallel')}
`;
}

/** Inside a place of a snippet these characters mean something. */
function inPlace(text: string): string {
  return text.replace(/[$}\\]/g, '\\$&');
}

/** One argument of a command line, in quotes where it has spaces. */
function argument(name: string): string {
  return /^[\p{L}\p{N}._/-]+$/u.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

function yamlText(text: string): string {
  return /^\p{L}[\p{L}\p{N}._-]*$/u.test(text) ? text : JSON.stringify(text);
}

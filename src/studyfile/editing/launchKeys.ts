import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

export interface LaunchChange {
  /** Keys of the objective and their new values. */
  readonly keys: Readonly<Record<string, string>>;
  /** Words that go to the end of `args`. */
  readonly args?: readonly string[];
  /** A word of the command, and what stands there instead. */
  readonly replace?: { readonly word: string; readonly by: readonly string[] };
}

/**
 * A study file with another way to launch its program; comments and everything else stay. An empty text becomes a new
 * study file. Throws where the text is no YAML mapping.
 */
export function changeLaunch(text: string, { keys, args = [], replace }: LaunchChange): string {
  const document = parseDocument(text === '' ? 'objective: {}\n' : text);
  if (document.errors.length > 0 || !isMap(document.contents)) throw new Error('The study file is no mapping.');
  if (text === '') document.setIn(['objective'], document.createNode({}, { flow: false }));
  for (const [key, value] of Object.entries(keys)) document.setIn(['objective', key], value);
  if (args.length > 0) {
    const before = document.getIn(['objective', 'args']);
    if (isSeq(before)) for (const word of args) before.add(document.createNode(word));
    else document.setIn(['objective', 'args'], document.createNode(args, { flow: true }));
  }
  if (replace) {
    const command = document.getIn(['objective', 'command'], true);
    if (isScalar(command)) command.value = replaceWord(String(command.value), replace);
    else if (isSeq(command)) {
      const at = command.items.findIndex((item) => isScalar(item) && item.value === replace.word);
      if (at >= 0) command.items.splice(at, 1, ...replace.by.map((word) => document.createNode(word)));
    }
  }
  return document.toString({ lineWidth: 0 });
}

/** The first occurrence that is a word of its own, in quotes or not. */
function replaceWord(command: string, { word, by }: NonNullable<LaunchChange['replace']>): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const shown = by.map((one) => (/\s/.test(one) ? `"${one}"` : one)).join(' ');
  return command.replace(new RegExp(`(?<=^|\\s)(["']?)${escaped}\\1(?=\\s|$)`), () => shown);
}

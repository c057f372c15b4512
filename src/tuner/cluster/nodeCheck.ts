import { shellWord } from '../../core/text/shellWord.ts';
import { OLDEST_NODE } from '../version.ts';

/**
 * Shell words that end a job with one sentence where the cluster has no Node, or one that is too old: without them all that
 * is left is "not found" in a log.
 */
export function nodeCheck(node: string): string {
  const word = shellWord(node);
  const missing = `tuneboard: there is no Node (${node.replaceAll('$', '')}) on $(hostname): install it there, or name it with "node:" under "executor:".`;
  const old = `tuneboard: the Node on $(hostname) is older than ${OLDEST_NODE}: name a newer one with "node:" under "executor:".`;
  const test = `process.exit(Number.parseInt(process.versions.node) < ${OLDEST_NODE} ? 1 : 0)`;
  return [
    `command -v ${word} >/dev/null 2>&1 || { echo ${inDoubleQuotes(missing)} >&2; exit 127; };`,
    `${word} -e ${shellWord(test)} || { echo ${inDoubleQuotes(old)} >&2; exit 126; };`,
  ].join(' ');
}

function inDoubleQuotes(text: string): string {
  return `"${text.replace(/["\\`]/g, '\\$&')}"`;
}

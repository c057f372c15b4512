import { placeholdersIn } from '../commandLine.ts';

/** Where a placeholder stands in a line for a POSIX shell; `refused`: where no quoting keeps its value one piece of text. */
export interface ShellPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly place: 'plain' | 'single' | 'double' | 'refused';
}

type Mode = 'double' | 'substitution' | 'braces' | 'backticks';

/** How far before a quote its command is looked at. */
const MOST_BEFORE = 2000;

/** Whether another shell reads a quoted text again that begins here: it stands behind `eval` or `sh -c`. */
function isReadByShell(template: string, at: number): boolean {
  const before = template.slice(Math.max(0, at - MOST_BEFORE), at).split(/[\s;|&(]+/);
  let word = before.length - 2;
  if (before[word] === 'eval') return true;
  if (!/^-\w*c$/.test(before[word] ?? '')) return false;
  while (/^-\w+$/.test(before[word] ?? '')) word--;
  const program = before[word] ?? '';
  return /^(?:ba|da|z|k|mk|a)?sh$/.test(program.slice(program.lastIndexOf('/') + 1));
}

/**
 * Reads a template as a POSIX shell will (IEEE Std 1003.1, Shell Command Language 2.2 and 2.3). Placeholders are refused in
 * and after what is not followed to its end: here-documents, `$'…'`, `eval`, a `case` or comment within `$(…)`.
 */
export function shellPlaces(template: string): ShellPlace[] {
  const found: ShellPlace[] = [];
  const placeholders = placeholdersIn(template);
  const modes: Mode[] = [];
  let isSingle = false;
  let isComment = false;
  let isReadAgain = false;
  let isLost = false;
  let next = 0;
  for (let at = 0; at < template.length; at++) {
    const placeholder = placeholders[next];
    if (placeholder?.start === at) {
      const nested = modes.some((mode) => mode !== 'double');
      const isUnsafe =
        isLost || isComment || isReadAgain || nested || (!isSingle && '\\$'.includes(template[at - 1] ?? ' '));
      const place = isUnsafe ? 'refused' : isSingle ? 'single' : modes.length > 0 ? 'double' : 'plain';
      found.push({ ...placeholder, place });
      next++;
      at = placeholder.end - 1;
      continue;
    }
    const char = template[at] as string;
    const mode = modes.at(-1);
    if (isComment) {
      isComment = char !== '\n';
    } else if (isSingle) {
      if (char === "'") isSingle = isReadAgain = false;
    } else if (char === '\\') {
      if (placeholders[next]?.start !== at + 1) at++;
      if (modes.includes('backticks')) isLost = true;
    } else if (char === "'" && mode !== 'double') {
      isSingle = true;
      isReadAgain = isReadByShell(template, at);
      isLost ||= template[at - 1] === '$' || modes.includes('braces');
    } else if (char === '"') {
      isLost ||= modes.includes('braces');
      if (mode === 'double') {
        modes.pop();
        isReadAgain = false;
      } else {
        modes.push('double');
        isReadAgain = isReadByShell(template, at);
      }
    } else if (char === '`') {
      if (mode === 'backticks') modes.pop();
      else if (modes.includes('backticks')) isLost = true;
      else modes.push('backticks');
    } else if (char === '$' && template[at + 1] === '(') {
      modes.push('substitution');
      at++;
    } else if (char === '$' && template.startsWith('{{', at + 1)) {
      modes.push('braces');
      at += 2;
    } else if (mode === 'substitution' && char === '(') modes.push('substitution');
    else if (mode === 'substitution' && char === ')') modes.pop();
    else if (mode === 'braces' && char === '}') {
      modes.pop();
      if (template[at + 1] === '}') at++;
    } else if (mode !== 'double') {
      const isWordStart = at === 0 || /[\s;|&()]/.test(template[at - 1] as string);
      if (char === '#' && isWordStart) {
        isComment = true;
        isLost ||= modes.length > 0;
      } else if (char === '<' && template[at + 1] === '<') {
        if (template[at + 2] === '<') at += 2;
        else isLost = true;
      } else if ((char === '<' || char === '>') && template[at + 1] === '(') {
        modes.push('substitution');
        at++;
      } else if (isWordStart && /^(?:eval|case)\b/.test(template.slice(at, at + 5))) {
        isLost ||= template.startsWith('eval', at) || modes.length > 0;
      }
    }
  }
  return found;
}

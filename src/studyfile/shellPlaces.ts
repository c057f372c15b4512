import { placeholdersIn } from './commandLine.ts';

/** Where a placeholder stands in a line for a POSIX shell; `refused`: where no quoting keeps its value one piece of text. */
export interface ShellPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly place: 'plain' | 'single' | 'double' | 'refused';
}

type Mode = 'double' | 'substitution' | 'braces' | 'backticks';

/** A quoted text that another shell reads again. */
const READ_AGAIN = /(?:^|[\s;|&(])(?:eval|(?:\S*\/)?(?:ba|da|z|k|mk|a)?sh(?:\s+-\w+)*\s+-\w*c)\s+\S*$/;

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
        isLost || isComment || isReadAgain || nested || (!isSingle && /[\\$]$/.test(template.slice(0, at)));
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
      isReadAgain = READ_AGAIN.test(template.slice(0, at));
      isLost ||= template[at - 1] === '$' || modes.includes('braces');
    } else if (char === '"') {
      isLost ||= modes.includes('braces');
      if (mode === 'double') {
        modes.pop();
        isReadAgain = false;
      } else {
        modes.push('double');
        isReadAgain = READ_AGAIN.test(template.slice(0, at));
      }
    } else if (char === '`') {
      if (mode === 'backticks') modes.pop();
      else if (modes.includes('backticks')) isLost = true;
      else modes.push('backticks');
    } else if (char === '$' && template[at + 1] === '(') {
      modes.push('substitution');
      at++;
    } else if (char === '$' && /^\{\{/.test(template.slice(at + 1))) {
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
      } else if (isWordStart && /^(?:eval\b|case\b)/.test(template.slice(at))) {
        isLost ||= template.startsWith('eval', at) || modes.length > 0;
      }
    }
  }
  return found;
}

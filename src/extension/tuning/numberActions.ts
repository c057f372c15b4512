import {
  CodeAction,
  type CodeActionContext,
  CodeActionKind,
  CodeActionTriggerKind,
  type Command as CodeCommand,
  type Disposable,
  languages,
  type Range,
  type TextDocument,
} from 'vscode';
import { Command } from '../window/ids.ts';
import { isStudyFile } from '../window/relevance.ts';
import { t } from '../window/words.ts';

/** A number that stands for itself, not a part of a name. */
const NUMBER = /(?<![\w.])[-+]?(?:\d[\d_]{0,30}(?:\.\d{0,30})?|\.\d{1,30})(?:e[-+]?\d{1,4})?(?![\w.])/gi;

/** Languages of code, where the numbers of a file without a study are worth an offer. */
const CODE = ['python', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact'];

/**
 * *Tune this value* on numbers for as long as the language server is not there, which knows it exactly. A person who opens
 * the list of actions asks for it: then the server is started and answers.
 */
export function offerNumbers(isServed: () => boolean, start: () => void): Disposable {
  const provideCodeActions = (document: TextDocument, range: Range, { triggerKind }: CodeActionContext) => {
    if (isServed() || isStudyFile(document.uri.path)) return [];
    if (triggerKind === CodeActionTriggerKind.Invoke) start();
    const line = document.lineAt(range.start.line).text;
    const isOnOne = [...line.matchAll(NUMBER)].some(({ index, 0: text }) => {
      const [from, to] = [range.start.character, range.isSingleLine ? range.end.character : line.length];
      return index <= to && index + text.length >= from;
    });
    if (!isOnOne) return [];
    const title = t('tuneThisValue');
    const command: CodeCommand = {
      title,
      command: Command.tuneValue,
      arguments: [
        document.uri.toString(),
        document.uri.toString(),
        document.offsetAt(range.start),
        document.offsetAt(range.end),
      ],
    };
    const action = new CodeAction(title, CodeActionKind.RefactorRewrite);
    action.command = command;
    return [action];
  };
  const selector = CODE.flatMap((language) => ['file', 'vscode-remote'].map((scheme) => ({ scheme, language })));
  const kinds = { providedCodeActionKinds: [CodeActionKind.RefactorRewrite] };
  return languages.registerCodeActionsProvider(selector, { provideCodeActions }, kinds);
}

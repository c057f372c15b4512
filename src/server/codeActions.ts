import { type CodeAction, CodeActionKind, type CodeActionParams, type TextEdit } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { FindingFix } from '../language/findings.ts';
import { isNotebookCell } from '../language/notebooks.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { bestEdits } from './bestEdits.ts';
import { findingsOf } from './diagnostics.ts';
import type { Session } from './session.ts';
import { tuneActions } from './tuning.ts';

/** The quick fixes of findings at the range, and the rewrite that puts the best parameters in. */
export function codeActions(session: Session, params: CodeActionParams): CodeAction[] {
  const { only } = params.context;
  const wants = (kind: string) => !only || only.some((one) => kind === one || kind.startsWith(`${one}.`));
  return [
    ...(wants(CodeActionKind.QuickFix) ? quickFixes(session, params) : []),
    ...(wants(CodeActionKind.RefactorRewrite)
      ? [...tuneActions(session, params), ...insertBest(session, params), ...origin(session, params)]
      : []),
  ];
}

function quickFixes(session: Session, params: CodeActionParams): CodeAction[] {
  const { uri } = params.textDocument;
  const document = session.documents.get(uri);
  if (!document) return [];
  const [from, to] = [document.offsetAt(params.range.start), document.offsetAt(params.range.end)];
  const findings = findingsOf(session, document).filter((finding) => finding.start <= to && finding.end >= from);
  return findings.flatMap(({ code, fix }) => {
    if (!fix) return [];
    const diagnostics = params.context.diagnostics.filter((one) => one.source === 'Tuneboard' && one.code === code);
    return [
      {
        title: fix.title,
        kind: CodeActionKind.QuickFix,
        diagnostics,
        isPreferred: true,
        edit: { changes: { [uri]: textEdits(document, fix.edits) } },
      },
    ];
  });
}

function textEdits(document: TextDocument, edits: FindingFix['edits']): TextEdit[] {
  return edits.map(({ start, end, newText }) => ({
    range: { start: document.positionAt(start), end: document.positionAt(end) },
    newText,
  }));
}

/** *Where does this value come from?* on a line that says so. */
function origin(session: Session, { textDocument: { uri }, range }: CodeActionParams): CodeAction[] {
  const document = session.documents.get(uri);
  const { line } = range.start;
  const text = document?.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } }) ?? '';
  if (!/\btuneboard: .{1,300}, trial \d{1,9}, /.test(text)) return [];
  const title = session.say('valueOrigin');
  const command = { title, command: 'tuneboard.showValueOrigin', arguments: [uri, line] };
  return [{ title, kind: CodeActionKind.RefactorRewrite, command }];
}

/**
 * The rewrite is the extension's command: it asks for these edits again and shows them in the refactor preview, all of
 * them chosen. (Edits of a code action that need confirmation start out not chosen.)
 */
function insertBest(session: Session, params: CodeActionParams): CodeAction[] {
  const { uri } = params.textDocument;
  const link = session.linksNear(uri).find((candidate) => candidate.best);
  const code = link ? session.codeFile(uri) : null;
  if (!link?.best || !code) return [];
  // A module that the script imports takes values where they are, and no block of them.
  const isNear = session.linksFor(uri).length === 0;
  const cursor = isNotebookCell(uri) || isNear ? null : code.document.offsetAt(params.range.end);
  const { edits } = bestEdits(session, uri, link.best, cursor, link.sources.find(isStudyFile));
  if (edits.length === 0) return [];
  const title = session.say('insertBestParameters', { value: link.bestText ?? '', number: link.best.number });
  const command = 'tuneboard.insertBestParameters';
  return [
    {
      title,
      kind: CodeActionKind.RefactorRewrite,
      command: { title, command, arguments: [link.id, session.fileOf(uri)] },
    },
  ];
}

import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { printable } from '../core/text/printable.ts';
import type { Finding } from '../language/findings.ts';
import { scriptFindings } from '../language/scriptFindings.ts';
import { spaceFindings } from '../language/spaceFindings.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { parseStudyFile } from '../studyfile/parseStudyFile.ts';
import type { Session } from './session.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
} as const;

const known = new WeakMap<TextDocument, { readonly version: number; readonly findings: readonly Finding[] }>();

/** Everything wrong in a document, worked out once a version. */
export function findingsOf(session: Session, document: TextDocument): readonly Finding[] {
  const earlier = known.get(document);
  if (earlier?.version === document.version) return earlier.findings;
  const findings = isStudyFile(document.uri) ? studyFileFindings(session, document) : codeFindings(session, document);
  known.set(document, { version: document.version, findings });
  return findings;
}

function codeFindings(session: Session, document: TextDocument): Finding[] {
  const file = session.open.file(document);
  return file ? [...spaceFindings(file, session.say), ...scriptFindings(file, session.locale)] : [];
}

function studyFileFindings(session: Session, document: TextDocument): Finding[] {
  return parseStudyFile(document.getText(), undefined, session.locale).problems.map(({ fix, ...problem }) => {
    if (!fix) return problem;
    const edits = [{ start: problem.start, end: problem.end, newText: fix.newText }];
    return { ...problem, fix: { title: fix.title, edits } };
  });
}

export function diagnosticsOf(session: Session, document: TextDocument): Diagnostic[] {
  return findingsOf(session, document).map((finding) => ({
    range: { start: document.positionAt(finding.start), end: document.positionAt(finding.end) },
    severity: SEVERITIES[finding.severity],
    code: finding.code,
    source: 'Tuneboard',
    message: printable(finding.message),
  }));
}

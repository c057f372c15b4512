import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { printable } from '../core/text/printable.ts';
import type { Finding } from '../language/findings.ts';
import type { CodeFile } from '../language/insertion/sites.ts';
import { resultFindings } from '../language/insight.ts';
import { optunaFindings } from '../language/optuna/optunaFindings.ts';
import { commandFix, unknownFlags } from '../language/parameters/commandFlags.ts';
import { scriptFindings } from '../language/scriptFindings.ts';
import { siteProblems } from '../language/sites/checkSites.ts';
import { MOST_SITE_MB } from '../language/sites/siteReference.ts';
import { isStudyDocument, isStudyFile } from '../language/studyFileAnchors.ts';
import { readSourceIn } from '../runs/siteFile.ts';
import type { StudyFileProblem } from '../studyfile/checks/problems.ts';
import { parseStudyFile } from '../studyfile/parseStudyFile.ts';
import { notesFor } from './insight.ts';
import { programOf } from './parameters/programs.ts';
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
  const isStudy = isStudyDocument(document.uri, document.languageId, document.getText());
  const findings = isStudy ? studyFileFindings(session, document) : codeFindings(session, document);
  known.set(document, { version: document.version, findings });
  return findings;
}

/** Has a study file checked again though it is the same: a file that it names has changed. */
export function forgetFindings(document: TextDocument): void {
  known.delete(document);
}

function codeFindings(session: Session, document: TextDocument): Finding[] {
  const file = session.open.file(document);
  return file ? scriptProblems(file, session) : [];
}

function scriptProblems(file: CodeFile, { say, locale }: Session): Finding[] {
  return [...optunaFindings(file, say), ...scriptFindings(file, locale)];
}

function studyFileFindings(session: Session, document: TextDocument): Finding[] {
  const text = document.getText();
  const { problems } = parseStudyFile(text, undefined, session.locale);
  const results = resultFindings(text, notesFor(session, document.uri), session.say);
  const program = isStudyFile(document.uri) ? programOf(session, document.uri) : undefined;
  const wrong = [...problems, ...placeProblems(session, document)].map((one): Finding => {
    const { fix: own, ...problem } = one;
    const { start, end } = problem;
    const fix = own
      ? { title: own.title, edits: [{ start, end, newText: own.newText }] }
      : commandFix(text, one, program, session.say);
    return { ...problem, ...(fix && { fix }) };
  });
  return [...wrong, ...(program ? unknownFlags(text, program, session.say) : []), ...results];
}

/** What is wrong with the places that `at` names, by the files on this machine. */
function placeProblems(session: Session, document: TextDocument): StudyFileProblem[] {
  const { uri } = document;
  if (!uri.startsWith('file:')) return [];
  const folder = dirname(fileURLToPath(uri));
  return siteProblems(document.getText(), (file) => readSourceIn(folder, file, MOST_SITE_MB << 20), session.locale);
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

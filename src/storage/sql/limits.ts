import { storageMessage } from '../../words/en/storage.ts';
import { StorageError } from '../storageError.ts';
import type { SchemaFacts, TextColumn } from './schemaFacts.ts';

const LARGEST_INT = 2 ** 31 - 1;
/** Which column holds the names of what. */
const NAME_COLUMNS = {
  study: 'studies.study_name',
  parameter: 'trial_params.param_name',
  attribute: 'trial_user_attributes.key',
} as const;

export type Named = keyof typeof NAME_COLUMNS;

/** What a server's columns cannot keep is refused before anything is written, in one sentence; nothing is cut off or mixed up. */
export class Limits {
  readonly #location: string;
  readonly #facts: SchemaFacts;

  constructor(location: string, facts: SchemaFacts) {
    this.#location = location;
    this.#facts = facts;
  }

  requireName(kind: Named, name: string): void {
    const { characters, largest = Number.POSITIVE_INFINITY } = this.#column(NAME_COLUMNS[kind]);
    const isTooLarge = (letter: string) => (letter.codePointAt(0) as number) > largest;
    if (name.includes('\u0000') || !name.isWellFormed() || [...name].some(isTooLarge)) {
      throw this.#error(`${said(kind, name)} holds a character that the database cannot keep. Use another name.`);
    }
    if (characters === undefined || name.length <= characters || [...name].length <= characters) return;
    throw this.#error(
      `${said(kind, name)} is longer than the ${characters} characters that the database keeps. Use a shorter name.`,
    );
  }

  /** Throws when the database would take the name for one of `others`. */
  requireDistinct(kind: Named, name: string, others: Iterable<string>): void {
    const { ignores } = this.#column(NAME_COLUMNS[kind]);
    if (ignores === undefined) return;
    const folded = fold(name, ignores);
    for (const other of others) {
      if (other === name || fold(other, ignores) !== folded) continue;
      throw this.#error(`The database takes ${said(kind, name)} and "${other}" for the same name. Rename one of them.`);
    }
  }

  /** `table` and `column` of a text that is not a name. */
  requireText(column: string, text: string, what: string): void {
    const { characters, bytes } = this.#column(column);
    const most = bytes ?? characters;
    // JSON is written in ASCII.
    if (most === undefined || text.length <= most) return;
    throw this.#error(`${what} takes ${text.length} bytes, and the database keeps ${most}. Keep it in a file instead.`);
  }

  requireInt(value: number, what: string): void {
    if (value <= LARGEST_INT && value >= -LARGEST_INT) return;
    throw this.#error(`${what} ${value} is larger than the ${LARGEST_INT} that the database keeps.`);
  }

  #column(name: string): TextColumn {
    return this.#facts.texts.get(name) ?? {};
  }

  #error(sentence: string): StorageError {
    return new StorageError('unstorable', storageMessage('cannotWrite', { location: this.#location, sentence }));
  }
}

function said(kind: Named, name: string): string {
  const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return kind === 'study' ? `the study name "${shown}"` : `the ${kind} "${shown}"`;
}

/** A little more is taken for the same than MySQL does: no collation has its own rules here. */
function fold(name: string, ignores: NonNullable<TextColumn['ignores']>): string {
  const trimmed = name.replace(/(?<! ) +$/, '');
  if (ignores === 'trailing blanks') return trimmed;
  const lower = trimmed.toLowerCase();
  return ignores === 'case' ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss');
}

import { TuneboardError } from '../../core/errors.ts';
import { parseFlatJson, sizeOfJson } from '../io/flatJson.ts';
import type { Columns, Row } from './columns.ts';
import { Dataset } from './dataset.ts';
import { requireCells } from './limits.ts';
import type { SourceText } from './loadDataset.ts';

/**
 * JSON files, one after another: an object a line, a list of objects, or one object with a list for each column; with
 * `field`, such a list at that key. Throws `dataset` with the line that is wrong.
 */
export function parseJsonFiles(files: readonly SourceText[], field: string | undefined): Dataset {
  return Dataset.fromRows(
    files.flatMap((file) => rowsOfFile(file, field)),
    files.map(({ name }) => name).join(', '),
  );
}

function rowsOfFile({ name, text }: SourceText, field: string | undefined): readonly Row[] {
  requireCells(name, sizeOfJson(text).values);
  const whole = parsedWhole(name, text, field);
  const value = field === undefined ? whole : (whole as Record<string, unknown> | undefined)?.[field];
  if (field !== undefined && value === undefined) {
    throw new TuneboardError('dataset', `${name} has no ${JSON.stringify(field)}: name the key of its rows as field.`);
  }
  if (Array.isArray(value)) {
    return value.map((row, index) => rowOf(row, `${name}, row ${index}`));
  }
  if (isObject(value)) {
    const isColumns = Object.keys(value).length > 0 && Object.values(value).every(Array.isArray);
    return isColumns ? Dataset.fromColumns(value as Columns).rows : [value as Row];
  }
  if (value !== undefined) throw new TuneboardError('dataset', `${name} holds no rows: give an object a line.`);
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    let row: unknown;
    try {
      row = parseFlatJson(line);
    } catch (error) {
      throw new TuneboardError('dataset', `${name}, line ${index + 1} is no JSON: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    return [rowOf(row, `${name}, line ${index + 1}`)];
  });
}

/** Undefined where the file is one value a line. */
function parsedWhole(name: string, text: string, field: string | undefined): unknown {
  try {
    return parseFlatJson(text);
  } catch (error) {
    const isList = text.trimStart().startsWith('[');
    if (field === undefined && !isList) return undefined;
    throw new TuneboardError('dataset', `${name} is no JSON: ${(error as Error).message}.`, { cause: error });
  }
}

function rowOf(value: unknown, where: string): Row {
  if (isObject(value)) return value as Row;
  throw new TuneboardError('dataset', `${where} is no object: give {"column": value, …}.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

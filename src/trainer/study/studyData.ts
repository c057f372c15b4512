import { TuneboardError } from '../../core/errors.ts';
import { DEFAULTS } from '../arguments/argumentFields.ts';
import { Dataset } from '../datasets/dataset.ts';
import { classCount, type LabelNames, labelNames, requireSeveral } from '../datasets/labels.ts';
import { formatOf, loadDataset } from '../datasets/loadDataset.ts';
import type { Tokenizer } from '../tokenization/tokenizer.ts';
import type { StudySettings } from './studySettings.ts';

/** Between the fields of a .csv, as spreadsheets of many countries write it. */
const DELIMITERS = [';', '\t', '|'];

/** Texts with their classes, parted. */
export interface StudyRows {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly classes: number;
  /** Where the labels are texts; null where they are numbers. */
  readonly named: LabelNames | null;
  /** Why a class may be in one part only; null where each is in both in proportion. */
  readonly unstratified: string | null;
  /** Rows without text or label, which are left out. */
  readonly leftOut: number;
}

/** Reads the data set and parts it, stratified by label where that can be. `modelNames`: the model's own names of its labels. Throws `dataset`, a sentence each. */
export async function readRows(
  settings: StudySettings,
  modelNames: () => Promise<readonly string[] | null>,
): Promise<StudyRows> {
  const { text, text_pair: pair, label } = settings;
  const columns = [text, ...(pair === null ? [] : [pair]), label];
  const dataset = await readTable(settings.dataset, columns);
  const rows = dataset.filter((row) => columns.every((name) => row[name] !== null) && String(row[text]).trim() !== '');
  if (rows.rows.length === 0) {
    throw new TuneboardError('dataset', `${settings.dataset} has no row with ${columns.join(' and ')}: give others.`);
  }
  const labels = rows.column(label);
  const preferred = labels.some((one) => typeof one === 'string') ? await modelNames() : null;
  const named = labelNames(labels, label, preferred);
  const classes = named ? requireSeveral(labels, label, named.names.length) : classCount(labels, label);
  const { test_size: testSize, split_seed: seed } = settings;
  const numbered = named ? rows.encodeClasses(label, named.names) : rows;
  const { parts, unstratified } = partedBy(label, numbered, { testSize, seed });
  return {
    train: parts.train,
    test: parts.test,
    classes,
    named,
    unstratified,
    leftOut: dataset.rows.length - rows.rows.length,
  };
}

/** Rare classes do not forbid a training. */
function partedBy(label: string, rows: Dataset, options: { readonly testSize: number; readonly seed: number }) {
  try {
    return { parts: rows.trainTestSplit({ ...options, stratifyByColumn: label }), unstratified: null };
  } catch (error) {
    if (!(error instanceof TuneboardError)) throw error;
    return { parts: rows.trainTestSplit(options), unstratified: `The split is not by class. ${error.message}` };
  }
}

/** Texts as ids, with `labels`, and the lengths that `group_by_length` goes by where the data set has a column of them. */
export function tokenized(part: Dataset, tokenizer: Tokenizer, settings: StudySettings): Dataset {
  const { text, text_pair: pair, label, max_length, args } = settings;
  const lengths = String(args['length_column_name'] ?? DEFAULTS.length_column_name);
  return new Dataset([...part.columnNames], [...part.rows]).map(
    (row) => ({
      ...tokenizer(String(row[text]), {
        max_length,
        truncation: true,
        ...(pair !== null && { text_pair: String(row[pair]) }),
      }),
      labels: Number(row[label]),
      ...(typeof row[lengths] === 'number' && lengths !== label && { [lengths]: row[lengths] }),
    }),
    { removeColumns: part.columnNames },
  );
}

/**
 * The data set of a study, which must have these columns. Where a .csv has them only with semicolons, tabs or bars between its
 * fields, it is read so. Throws `dataset`.
 */
export async function readTable(name: string, columns: readonly string[]): Promise<Dataset> {
  const { format, ...options } = formatOf(name);
  const load = (delimiter?: string) =>
    loadDataset(format, { dataFiles: name, ...options, ...(delimiter !== undefined && { delimiter }) }).catch(
      (error: unknown) => {
        if (error instanceof TuneboardError) return error;
        throw error;
      },
    );
  const hasAll = (read: Dataset | TuneboardError): read is Dataset =>
    !(read instanceof Error) && columns.every((column) => read.columnNames.includes(column));
  const first = await load();
  if (!hasAll(first) && format === 'csv' && options.delimiter === undefined) {
    for (const delimiter of DELIMITERS) {
      const other = await load(delimiter);
      if (hasAll(other)) return other;
    }
  }
  if (first instanceof Error) throw first;
  for (const column of columns) first.column(column);
  return first;
}

import { distributionToJson, exactChoices } from '../core/space/distributionJson.ts';
import type { JsonValue } from '../core/study/changes.ts';
import type { History } from '../core/study/history.ts';
import { Direction, TrialState } from '../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../core/study/studyStore.ts';
import { PythonNumber } from '../core/text/pythonJson.ts';
import { pythonFloat, pythonInt, pythonString } from '../core/text/pythonRepr.ts';
import { formatLocal } from './datetimes.ts';
import type { AttrOwner, ExactAttrs } from './exactAttrs.ts';
import { findStudy } from './findStudy.ts';

/**
 * All trials of a log as JSON text: the form in which our Python script dumps what Optuna itself reads from the same
 * file. Numbers keep Python's spelling (`1.0`, `1e-07`), non-finite ones are the strings "nan", "inf" and "-inf", times
 * are local. `optuna` is the version that a database says it was created by, else null.
 *
 * Throws `no-study` when `studyName` is not in the log.
 */
export function trialsJson(log: TrialLog, studyName?: string): string {
  const studies = studyName === undefined ? log.studies() : [findStudy(log, studyName)];
  const { optunaVersion, exactAttrs } = log as { optunaVersion?: string; exactAttrs?: ExactAttrs };
  return `${print(
    new Dict([
      ['optuna', optunaVersion ?? null],
      ['studies', studies.map((study) => studyNode(study, exactAttrs))],
    ]),
    '',
  )}\n`;
}

/** A number that is a float in Python. */
class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A mapping in its own order: JavaScript objects would move keys such as "10" to the front. */
class Dict {
  readonly entries: readonly (readonly [string, Node])[];
  constructor(entries: readonly (readonly [string, Node])[]) {
    this.entries = entries;
  }
}

type Node = null | boolean | number | string | Float | PythonNumber | Dict | readonly Node[];

const STATE_NAMES = {
  [TrialState.running]: 'RUNNING',
  [TrialState.complete]: 'COMPLETE',
  [TrialState.pruned]: 'PRUNED',
  [TrialState.fail]: 'FAIL',
  [TrialState.waiting]: 'WAITING',
} as const;

function studyNode(study: StudyRecord, exact: ExactAttrs | undefined): Node {
  const trials: Node[] = [];
  for (let number = 0; number < study.history.length; number++) trials.push(trialNode(study, number, exact));
  return new Dict([
    ['study_id', study.id],
    ['name', study.name],
    ['directions', study.directions.map((direction) => (direction === Direction.maximize ? 'MAXIMIZE' : 'MINIMIZE'))],
    ['user_attrs', attrsNode(study.userAttrs, exact, `study ${study.id} user`)],
    ['system_attrs', attrsNode(study.systemAttrs, exact, `study ${study.id} system`)],
    ['trials', trials],
  ]);
}

function trialNode(study: StudyRecord, number: number, exact: ExactAttrs | undefined): Node {
  const { history } = study;
  const { trialIds } = study as { trialIds?: readonly number[] };
  const id = trialIds?.[number] ?? number;
  const params = history.paramNames(number).map((name) => [name, paramNode(history, number, name)] as const);
  const { steps, values } = history.curve(number);
  return new Dict([
    ['trial_id', id],
    ['number', number],
    ['state', STATE_NAMES[history.state(number)]],
    ['values', valuesNode(history, number)],
    ['params', new Dict(params)],
    ['params_repr', repr(new Dict(params))],
    [
      'distributions',
      new Dict(
        params.map(([name]) => [name, distributionToJson(history.distribution(number, name) as never)] as const),
      ),
    ],
    [
      'intermediate_values',
      new Dict(steps.map((step, at) => [String(step), new Float(values[at] as number)] as const)),
    ],
    ['user_attrs', attrsNode(history.userAttrs(number), exact, `trial ${id} user`)],
    ['system_attrs', attrsNode(history.systemAttrs(number), exact, `trial ${id} system`)],
    ['datetime_start', timeNode(history.startedAt[number])],
    ['datetime_complete', timeNode(history.completedAt[number])],
  ]);
}

function valuesNode(history: History, number: number): Node {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  // NaN stands for a value that was not stored: Optuna stores none.
  while (values.length > 0 && Number.isNaN(values.at(-1))) values.pop();
  return values.length === 0 ? null : values.map((value) => new Float(value));
}

const choicesOf = new WeakMap<object, readonly Node[]>();

function paramNode(history: History, number: number, name: string): Node {
  const distribution = history.distribution(number, name);
  if (distribution?.type === 'categorical') {
    let choices = choicesOf.get(distribution);
    if (!choices) {
      choices = exactChoices(distribution).map(jsonNode);
      choicesOf.set(distribution, choices);
    }
    return choices[history.parameters.get(name)?.internalAt(number) as number] ?? null;
  }
  const value = history.param(number, name) as number;
  return distribution?.type === 'float' ? new Float(value) : value;
}

function attrsNode(attrs: Readonly<Record<string, JsonValue>>, exact: ExactAttrs | undefined, owner: AttrOwner): Node {
  return new Dict(
    Object.entries(attrs).map(([key, value]) => [key, jsonNode(exact?.get(owner, key) ?? value)] as const),
  );
}

function jsonNode(value: unknown): Node {
  if (value instanceof PythonNumber) return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(jsonNode);
  if (typeof value === 'number') return Number.isInteger(value) ? value : new Float(value);
  if (typeof value !== 'object') return value as boolean | string;
  return new Dict(Object.entries(value).map(([key, item]) => [key, jsonNode(item)] as const));
}

function timeNode(millis: number | undefined): Node {
  return millis === undefined || Number.isNaN(millis) ? 'None' : formatLocal(millis);
}

/** As `json.dumps(…, indent=1, ensure_ascii=False)`. */
function print(node: Node, indent: string): string {
  if (node instanceof Float)
    return Number.isFinite(node.value) ? pythonFloat(node.value) : `"${pythonFloat(node.value)}"`;
  if (node instanceof PythonNumber) return node.text;
  if (typeof node === 'number') return pythonInt(node);
  const inner = `${indent} `;
  if (Array.isArray(node)) {
    const items = node.map((item: Node) => `\n${inner}${print(item, inner)}`);
    return items.length === 0 ? '[]' : `[${items.join(',')}\n${indent}]`;
  }
  if (node instanceof Dict) {
    const items = node.entries.map(([key, value]) => `\n${inner}${JSON.stringify(key)}: ${print(value, inner)}`);
    return items.length === 0 ? '{}' : `{${items.join(',')}\n${indent}}`;
  }
  return JSON.stringify(node);
}

/** As Python's `repr`. */
function repr(node: Node): string {
  if (node === null) return 'None';
  if (node instanceof Float) return pythonFloat(node.value);
  if (node instanceof PythonNumber) return node.text;
  if (node instanceof Dict) {
    return `{${node.entries.map(([key, value]) => `${pythonString(key)}: ${repr(value)}`).join(', ')}}`;
  }
  if (Array.isArray(node)) return `[${node.map(repr).join(', ')}]`;
  if (typeof node === 'number') return pythonInt(node);
  return typeof node === 'string' ? pythonString(node) : node ? 'True' : 'False';
}

/** What a study file says of training arguments is what the trainer has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isTrainerArgument,
  OLD_ARGUMENTS,
  OLD_VALUES,
  OPTIMIZER_WORDS,
  SCHEDULE_WORDS,
  TRAINER_ARGUMENTS,
  TRAINING_ARGUMENTS,
} from '../../../src/studyfile/trainerArguments.ts';
import { ARGUMENT_NAMES, DEFAULTS } from '../../../src/trainer/arguments/argumentFields.ts';
import * as otherNames from '../../../src/trainer/arguments/otherNames.ts';
import { TrainingArguments } from '../../../src/trainer/arguments/trainingArguments.ts';
import { OPTIMIZERS } from '../../../src/trainer/optimizers/createOptimizer.ts';
import { SCHEDULES } from '../../../src/trainer/optimizers/schedules.ts';

test('the names, the words and the old names are the same', () => {
  assert.deepEqual([...TRAINING_ARGUMENTS].sort(), [...ARGUMENT_NAMES].sort());
  assert.deepEqual(OPTIMIZER_WORDS, OPTIMIZERS);
  assert.deepEqual(SCHEDULE_WORDS, SCHEDULES);
  assert.deepEqual({ ...OLD_ARGUMENTS }, { ...otherNames.OLD_NAMES });
  assert.deepEqual(Object.fromEntries(OLD_VALUES.optim), { ...otherNames.OLD_OPTIMIZERS });
  for (const [value, today] of OLD_VALUES.train_sampling_strategy) {
    assert.equal(new TrainingArguments({ group_by_length: value as boolean }).train_sampling_strategy, today);
  }
});

test('the defaults that are told are those that there are, in both languages', () => {
  let count = 0;
  for (const name of TRAINING_ARGUMENTS) {
    const { english, chinese } = TRAINER_ARGUMENTS[name];
    // Of a study, some are others than of a Trainer.
    const told = /(?:^|[;.] )(-?[\d.e-]+|true|false) by default/.exec(english)?.[1];
    if (told === undefined || english.includes('in a study')) continue;
    count++;
    assert.equal(String(Number.isNaN(Number(told)) ? told : Number(told)), String(DEFAULTS[name]), name);
    assert.ok(chinese.includes(`默认 ${told}`), `${name}: ${chinese}`);
  }
  assert.ok(count > 15, String(count));
});

test('the trainer takes every default and refuses what the study file refuses', () => {
  for (const name of TRAINING_ARGUMENTS) {
    assert.ok(isTrainerArgument(name));
    const { schema } = TRAINER_ARGUMENTS[name];
    const value: unknown = DEFAULTS[name];
    if (value !== null) assert.ok(schema.safeParse(value).success, `${name}: ${value}`);
    const wrong = { never: [1] };
    assert.equal(schema.safeParse(wrong).success, false, name);
    assert.throws(() => new TrainingArguments({ [name]: wrong }), name);
  }
});

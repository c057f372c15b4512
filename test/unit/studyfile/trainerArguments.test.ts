/** What a study file says of training arguments is what the trainer has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OLD_NAMES } from '../../../src/core/trainerWords.ts';
import {
  isTrainerArgument,
  TRAINER_ARGUMENTS,
  TRAINING_ARGUMENTS,
} from '../../../src/studyfile/schema/trainerArguments.ts';
import { ARGUMENT_NAMES, DEFAULTS } from '../../../src/trainer/arguments/argumentFields.ts';
import { TrainingArguments } from '../../../src/trainer/arguments/trainingArguments.ts';
import { SCHEMA } from '../../../src/words/en/schema.ts';
import { SCHEMA_ZH } from '../../../src/words/zh/schema.ts';

test('the names are the same, and the old ones are names of today', () => {
  assert.deepEqual([...TRAINING_ARGUMENTS].sort(), [...ARGUMENT_NAMES].sort());
  for (const today of OLD_NAMES.values()) assert.ok(isTrainerArgument(today), today);
});

test('the defaults that are told are those that there are, in both languages', () => {
  let count = 0;
  for (const name of TRAINING_ARGUMENTS) {
    const { about } = TRAINER_ARGUMENTS[name];
    const [english, chinese] = [SCHEMA[about], SCHEMA_ZH[about]];
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

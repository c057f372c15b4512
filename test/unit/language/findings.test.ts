import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sayIn } from '../../../src/language/say.ts';
import { scriptFindings } from '../../../src/language/scriptFindings.ts';
import { spaceFindings } from '../../../src/language/spaceFindings.ts';
import { knownScriptProblems } from '../../../src/protocol/scriptProblems.ts';
import { SCRIPT_ZH } from '../../../src/words/zh/script.ts';
import { apply, open } from './support.ts';

function check(languageId: string, text: string): { code: string; at: string; fixed: string | null }[] {
  const findings = spaceFindings(open(languageId, text), sayIn('en'));
  return findings.map(({ code, start, end, fix }) => {
    const edits = (fix?.edits ?? []).map((edit) => ({ ...edit, label: '' })).sort((a, b) => a.start - b.start);
    return { code, at: text.slice(start, end), fixed: fix ? apply(text, { edits }) : null };
  });
}

describe('findings in a search space', () => {
  it('a lower bound above the upper one is swapped', () => {
    assert.deepEqual(check('python', 't.suggest_float("x", 1e-1, 1e-5)'), [
      { code: 'low-above-high', at: '1e-1, 1e-5', fixed: 't.suggest_float("x", 1e-5, 1e-1)' },
    ]);
    assert.equal(check('python', 't.suggest_int("x", high=3, low=8)')[0]?.code, 'low-above-high');
    assert.equal(check('typescript', "t.suggestFloat('x', 2, 1)")[0]?.fixed, "t.suggestFloat('x', 1, 2)");
  });

  it('a logarithmic range starts above 0, of ints at 1', () => {
    assert.deepEqual(check('python', 't.suggest_float("x", 0, 0.1, log=True)'), [
      { code: 'log-not-positive', at: '0', fixed: 't.suggest_float("x", 0.0001, 0.1, log=True)' },
    ]);
    assert.equal(check('python', 't.suggest_int("x", 0, 8, log=True)')[0]?.fixed, 't.suggest_int("x", 1, 8, log=True)');
    assert.equal(check('javascript', "t.suggestFloat('x', -1, 1, { log: true })")[0]?.code, 'log-not-positive');
  });

  it('step and log do not go together', () => {
    assert.deepEqual(check('python', 't.suggest_float("x", 0.1, 1, step=0.1, log=True)'), [
      { code: 'step-with-log', at: 'step=0.1', fixed: 't.suggest_float("x", 0.1, 1, log=True)' },
    ]);
    assert.deepEqual(check('python', 't.suggest_int("x", 1, 8, step=1, log=True)'), []);
  });

  it('one name has one meaning in one objective', () => {
    const twice = (a: string, b: string) =>
      check('python', `def f(trial):\n    ${a}\n    ${b}\n`).map(({ code }) => code);
    assert.deepEqual(twice('trial.suggest_float("x", 0, 1)', 'trial.suggest_float("x", 0, 2)'), ['suggested-twice']);
    assert.deepEqual(twice('trial.suggest_float("x", 0, 1)', 'trial.suggest_float("x", 0, 1)'), []);
    assert.deepEqual(twice('trial.suggest_float("x", 0, 1)', 'trial.suggest_int("x", 0, 1)'), ['suggested-twice']);
    const other =
      'def f(trial):\n    trial.suggest_float("x", 0, 1)\ndef g(trial):\n    trial.suggest_float("x", 0, 2)\n';
    assert.deepEqual(check('python', other), []);
  });

  it('says nothing about what is not spelled out, and nothing about a sound space', () => {
    const text =
      't.suggest_float("x", low, high, log=flag)\nt.suggest_int(f"x{i}", 5, 1)\nt.suggest_categorical("c", names)\n';
    assert.deepEqual(check('python', text), []);
    assert.deepEqual(check('python', '# t.suggest_float("x", 1, 0)\n"t.suggest_float(\'x\', 1, 0)"\n'), []);
  });

  it('every sentence exists in Chinese too', () => {
    const file = open('python', 't.suggest_float("x", 1, 0)');
    assert.match(spaceFindings(file, sayIn('zh-cn'))[0]?.message ?? '', /下界/);
  });
});

describe('findings in a training script', () => {
  const text =
    'from transformers import TrainingArguments\n# evaluation_strategy=old\n' +
    'args = TrainingArguments(evaluation_strategy="epoch", optim="adamw_hf")\n' +
    'space = ["adamw_hf", "sgd"]\n';

  it('names of older transformers are found in code, not in comments, and fixed', () => {
    const findings = scriptFindings(open('python', text));
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['evaluation-strategy', 'adamw-hf', 'adamw-hf'],
    );
    const edits = findings.flatMap(({ fix }) => fix?.edits ?? []).map((edit) => ({ ...edit, label: '' }));
    assert.equal(apply(text, { edits }), text.replace('(evaluation_', '(eval_').replaceAll('adamw_hf', 'adamw_torch'));
  });

  const fixed = (code: string) => {
    const [finding] = scriptFindings(open('python', code));
    return finding?.fix
      ? apply(code, { edits: finding.fix.edits.map((edit) => ({ ...edit, label: '' })) })
      : finding?.code;
  };

  it('a choice whose successor is in the list is removed', () => {
    const list = (inside: string) => `# transformers\ntrial.suggest_categorical("optim", [${inside}])\n`;
    assert.equal(fixed(list('"adamw_hf", "adamw_torch"')), list('"adamw_torch"'));
    assert.equal(fixed(list('"adamw_torch", "adamw_hf",')), list('"adamw_torch",'));
    assert.equal(fixed(list('"a", \'adamw_hf\', "adamw_torch"')), list('"a", "adamw_torch"'));
    assert.equal(fixed(list('"adamw_hf"')), list('"adamw_torch"'));
  });

  it('a Trainer that searches gets model_init, where the model is only made for it', () => {
    const script = (model: string, argument: string) =>
      `${model}trainer = Trainer(${argument}, args=args)\ntrainer.hyperparameter_search(n_trials=3)\n`;
    const made = 'model = Bert.from_pretrained("x", num_labels=2)\n';
    const init = 'model_init=lambda: Bert.from_pretrained("x", num_labels=2)';
    assert.equal(fixed(script(made, 'model=model')), script(made, init));
    assert.equal(fixed(script(`${made}model.resize(3)\n`, 'model=model')), 'no-model-init');
    assert.equal(fixed(script('', 'model=Bert(config)')), script('', 'model_init=lambda: Bert(config)'));
    assert.equal(fixed(script('', 'model_init=make')), undefined);
    assert.equal(fixed('trainer = Trainer(model=model)\ntrainer.train()\n'), undefined);
  });

  it('every fix is explained in Chinese too', () => {
    for (const { id } of knownScriptProblems.filter(({ fix }) => fix)) assert.ok(`${id}Fix` in SCRIPT_ZH, id);
    assert.match(scriptFindings(open('python', text), 'zh-cn')[0]?.fix?.title ?? '', /改名为 eval_strategy/);
  });

  it("a tokenizer of Trainer's own is renamed, that of a collator inside is not", () => {
    const inside = 'Trainer(\n    model_init=f(1, g(2)),\n    data_collator=Collator(tokenizer=tokenizer),\n)\n';
    assert.equal(fixed(inside), undefined);
    const own = inside.replace(',\n)', ',\n    tokenizer=tokenizer,\n)');
    assert.equal(fixed(own), own.replace('    tokenizer=', '    processing_class='));
  });

  it('other files are left alone', () => {
    assert.deepEqual(scriptFindings(open('python', 'f(evaluation_strategy="epoch")\n')), []);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { moved, ordered, readArrangement, sized } from '../../../../webview/board/arrangement.ts';
import { readView, viewItems, viewOf } from '../../../../webview/board/savedViews.ts';
import { readChoices } from '../../../../webview/charts/panelState.ts';
import { createTranslate } from '../../../../webview/ui/strings.ts';
import { panelTexts } from '../../../support/words.ts';

const ids = ['history', 'importance', 'curves', 'parameter'];

test('tiles keep a person’s order, and a new chart stands after its neighbour of the list', () => {
  assert.deepEqual(ordered(ids, []), ids);
  assert.deepEqual(ordered(ids, ['parameter', 'history', 'gone', 'parameter']), [
    'parameter',
    'history',
    'importance',
    'curves',
  ]);
  assert.deepEqual(moved(ids, 'curves', 'history'), ['curves', 'history', 'importance', 'parameter']);
  assert.deepEqual(moved(ids, 'history', null), ['importance', 'curves', 'parameter', 'history']);
  assert.deepEqual(moved(ids, 'history', 'history'), ids);
});

test('whatever order is kept, each tile is there once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ids, 'gone', '__proto__')), (order) => {
      assert.deepEqual([...ordered(ids, order)].sort(), [...ids].sort());
    }),
  );
});

test('an arrangement of any origin is read without an error, and is what it was when it is read again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const read = readArrangement(value);
      assert.deepEqual(readArrangement(JSON.parse(JSON.stringify(read))), read);
    }),
  );
  const sizes = { history: { span: 99, tall: -3 }, curves: { span: 'wide' }, edf: { span: 4.4, tall: 1.6 } };
  assert.deepEqual(readArrangement({ overview: { order: [1, 'edf'], sizes }, nowhere: {} }), {
    overview: {
      order: ['edf'],
      shown: [],
      hidden: [],
      sizes: { history: { span: 12, tall: 1 }, edf: { span: 4, tall: 1.5 } },
    },
  });
  assert.deepEqual(sized({ span: 0, tall: 99 }), { span: 3, tall: 4 });
});

test('a view is what is filtered and how it is shown, without study, selection and scroll', () => {
  const choices = readChoices({
    studyId: 'mine',
    selected: 7,
    scrollTop: 90,
    filter: ['lr < 1'],
    tab: 'parameters',
    parameters: ['lr', 'wd'],
    board: { overview: { hidden: ['edf'] } },
  });
  const view = viewOf(choices);
  assert.deepEqual(view.filter, ['lr < 1']);
  assert.ok(!('studyId' in view) && !('selected' in view) && !('scrollTop' in view));
  assert.deepEqual(readView(JSON.parse(JSON.stringify(view))), view);
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.deepEqual(readView(readView(value)), readView(value))));
});

test('the menu of views ticks the one that is shown, and only that one can be deleted', () => {
  const t = createTranslate(panelTexts);
  const choices = readChoices({ filter: ['lr < 1'] });
  const posted: unknown[] = [];
  const applied: unknown[] = [];
  const views = { 'Small lr': { filter: ['lr < 1'] }, All: {} };
  const menu = () =>
    viewItems({
      t,
      views,
      choices,
      onApply: (view) => applied.push(view),
      onPost: (message) => posted.push(message),
    });
  assert.deepEqual(
    menu().map(({ text, isOn }) => [text, isOn]),
    [
      ['Small lr', true],
      ['All', false],
      ['Save this view …', undefined],
      ['Copy this view as JSON', undefined],
      ['Paste a view', undefined],
      ['Delete “Small lr”', undefined],
    ],
  );
  menu()[1]?.onClick();
  assert.deepEqual(applied, [readView({})]);
  menu()[3]?.onClick();
  const [copied] = posted as { type: string; text: string }[];
  assert.equal(copied?.type, 'copy');
  assert.deepEqual(JSON.parse(copied?.text ?? ''), { name: 'Small lr', view: viewOf(choices) });
});

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Redraw } from '../../../webview/model/schedule.ts';

/** Frames come every 16 ms of mocked time. */
function withFrames(body: (advance: (ms: number) => void) => void): void {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const realNow = performance.now;
  const global = globalThis as { requestAnimationFrame?: (callback: () => void) => unknown };
  performance.now = () => Date.now();
  global.requestAnimationFrame = (callback) => setTimeout(callback, 16);
  try {
    body((ms) => {
      for (let passed = 0; passed < ms; passed++) mock.timers.tick(1);
    });
  } finally {
    performance.now = realNow;
    delete global.requestAnimationFrame;
    mock.timers.reset();
  }
}

test('any number of requests make at most ten drawings a second, and the last one is drawn', () => {
  withFrames((advance) => {
    let wanted = 0;
    let drawn = -1;
    let drawings = 0;
    const redraw = new Redraw([
      () => {
        drawings++;
        drawn = wanted;
        return true;
      },
      () => true,
    ]);
    for (let ms = 0; ms < 3000; ms += 5) {
      wanted = ms;
      redraw.request();
      advance(5);
    }
    advance(300);
    assert.ok(drawings <= 31 && drawings >= 15, `${drawings} drawings in three seconds`);
    assert.equal(drawn, wanted);
  });
});

test('each step has its own frame, in order, and an urgent drawing does all at once', () => {
  withFrames((advance) => {
    const steps: string[] = [];
    const redraw = new Redraw(['a', 'b', 'c'].map((name) => () => steps.push(name) > 0));
    redraw.request();
    advance(18);
    assert.deepEqual(steps, ['a']);
    redraw.now();
    assert.deepEqual(steps, ['a', 'a', 'b', 'c']);
    advance(500);
    assert.deepEqual(steps, ['a', 'a', 'b', 'c'], 'the drawing that was under way is not needed any more');
    redraw.request();
    advance(500);
    assert.deepEqual(steps.slice(4), ['a', 'b', 'c']);
  });
});

test('a step with nothing to draw takes no frame', () => {
  withFrames((advance) => {
    const steps: string[] = [];
    const step = (name: string, hasDrawn: boolean) => () => {
      steps.push(name);
      return hasDrawn;
    };
    const redraw = new Redraw([step('a', true), step('b', false), step('c', true), step('d', false)]);
    redraw.request();
    advance(18);
    assert.deepEqual(steps, ['a']);
    advance(16);
    assert.deepEqual(steps, ['a', 'b', 'c']);
    advance(16);
    assert.deepEqual(steps, ['a', 'b', 'c', 'd']);
    redraw.request();
    advance(500);
    assert.equal(steps.length, 8, 'and the redraw after it comes');
  });
});

test('an expensive drawing leaves two thirds of the time to others', () => {
  withFrames((advance) => {
    let drawings = 0;
    const redraw = new Redraw([
      () => {
        drawings++;
        mock.timers.setTime(Date.now() + 300);
        return true;
      },
    ]);
    for (let count = 0; count < 1000; count++) {
      redraw.request();
      advance(5);
    }
    assert.ok(drawings <= 5, `${drawings} drawings of 300 ms in five seconds`);
  });
});

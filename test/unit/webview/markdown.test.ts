import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Block, type Inline, parseInline, parseMarkdown, safeUrl } from '../../../webview/trial/markdown.ts';

function plain(parts: readonly Inline[]): string {
  return parts.map((part) => ('text' in part ? part.text : plain(part.parts))).join('');
}

test('the blocks of a note are told apart', () => {
  const blocks = parseMarkdown(
    '# A *b*\ntext\nmore\n\n- one\n- two\n1. first\n> said\n> so\n---\n```py\n# no heading\n```\nend',
  );
  assert.deepEqual(
    blocks.map(({ type }) => type),
    ['heading', 'paragraph', 'list', 'list', 'quote', 'rule', 'code', 'paragraph'],
  );
  assert.equal((blocks[6] as Block & { type: 'code' }).text, '# no heading');
  assert.equal((blocks[2] as Block & { type: 'list' }).items.length, 2);
});

test('emphasis, code and links are told apart from signs', () => {
  assert.deepEqual(
    parseInline('**a** `**b**` 2 * 3 * 4 val_loss_min').map(({ type }) => type),
    ['strong', 'text', 'code', 'text'],
  );
  assert.deepEqual(parseInline('[run](https://a.b/c)'), [
    { type: 'link', url: 'https://a.b/c', parts: [{ type: 'text', text: 'run' }] },
  ]);
  assert.equal(plain(parseInline('see https://a.b/c_d.')), 'see https://a.b/c_d.');
});

test('only pages and mailboxes are links, and an image is its words', () => {
  for (const url of [
    'command:x',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'vscode://a',
    'data:text/html,x',
    '//a.b',
    'x',
  ])
    assert.equal(safeUrl(url), null, url);
  assert.deepEqual(parseInline('[bad](command:x)'), [{ type: 'text', text: 'bad' }]);
  assert.equal(parseInline('![alt](https://a.b/c.png)')[0]?.type, 'link');
  assert.deepEqual(parseInline('<img src=x onerror=y>'), [{ type: 'text', text: '<img src=x onerror=y>' }]);
});

test('no text keeps the reader busy or is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'*_~`[]()!\\>#- \nah') as never }), (text) => {
      assert.ok(Array.isArray(parseMarkdown(text)));
    }),
  );
  const cpu = (text: string) => {
    const before = process.cpuUsage();
    parseMarkdown(text);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  for (const mark of ['[', '![', '*', '**', '`', '_a', '>', '- ', '[a](', '*a ', '~~b']) {
    cpu(mark.repeat(5000));
    const [short, long] = [cpu(mark.repeat(10_000)), cpu(mark.repeat(80_000))];
    assert.ok(long < 30 * Math.max(short, 2000), `${mark}: ${short} and ${long} µs`);
  }
});

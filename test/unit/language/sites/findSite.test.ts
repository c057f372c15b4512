import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSite, shortestPath } from '../../../../src/language/sites/findSite.ts';
import { listSites } from '../../../../src/language/sites/listSites.ts';
import { printValue } from '../../../../src/language/sites/printValue.ts';
import { readSiteReference, siteLanguage } from '../../../../src/language/sites/siteReference.ts';

const CODE = `LR = 0.1
class Net(Module):
    def __init__(self, dropout=0.5):
        self.a = nn.Dropout(0.1)
        self.b = nn.Dropout(0.2)
def main():
    net = Net(dropout=0.3)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    x = 1
    x = 2
`;
const SITES = listSites('python', CODE);

function named(path: string): string {
  const { site, problem } = findSite(SITES, path);
  return site ? site.path : `${problem.type}: ${(problem.type === 'gone' ? problem.near : problem.paths).join(', ')}`;
}

describe('findSite', () => {
  it('takes a full path', () => {
    assert.equal(named('LR'), 'LR');
    assert.equal(named('main.opt.torch.optim.Adam(lr)'), 'main.opt.torch.optim.Adam(lr)');
  });

  it('takes the end of a path, from a segment on', () => {
    assert.equal(named('Adam(lr)'), 'main.opt.torch.optim.Adam(lr)');
    assert.equal(named('optim.Adam(lr)'), 'main.opt.torch.optim.Adam(lr)');
    assert.match(named('dam(lr)'), /^gone: /);
  });

  it('prefers the whole path to the end of another', () => {
    assert.equal(named('Net(dropout)'), 'Net(dropout)');
    assert.equal(named('net.Net(dropout)'), 'main.net.Net(dropout)');
  });

  it('tells the paths of several that are meant', () => {
    assert.equal(
      named('nn.Dropout(0)'),
      'ambiguous: Net.__init__.self.a.nn.Dropout(0), Net.__init__.self.b.nn.Dropout(0)',
    );
    assert.equal(named('self.b.nn.Dropout(0)'), 'Net.__init__.self.b.nn.Dropout(0)');
  });

  it('tells several of one path apart by their number', () => {
    assert.equal(named('main.x'), 'ambiguous: main.x[1], main.x[2]');
    assert.equal(named('x[2]'), 'main.x[2]');
    assert.match(named('x[3]'), /^gone: main\.x\[/);
  });

  it('suggests near names for a site that no longer exists', () => {
    assert.equal(named('Adam(lrr)'), 'gone: main.opt.torch.optim.Adam(lr)');
    assert.equal(named('Net(drop_out)').split(',')[0], 'gone: Net(dropout)');
    assert.equal(named('something_else_entirely'), 'gone: ');
  });

  it('finds a site again after edits elsewhere', () => {
    const edited = `import x\n\n\ndef other():\n    lr = 7\n\n${CODE.replace('LR = 0.1', 'LR = 5')}`;
    for (const site of SITES) {
      const again = findSite(listSites('python', edited), site.path).site;
      assert.equal(again?.path, site.path);
    }
  });
});

describe('shortestPath', () => {
  it('names its site and no other', () => {
    for (const site of SITES) assert.equal(findSite(SITES, shortestPath(SITES, site)).site, site);
    assert.deepEqual(
      SITES.map((site) => shortestPath(SITES, site)),
      ['LR', 'Net(dropout)', 'a.nn.Dropout(0)', 'b.nn.Dropout(0)', 'net.Net(dropout)', 'Adam(lr)', 'x[1]', 'x[2]'],
    );
  });
});

describe('readSiteReference', () => {
  it('parts file and path', () => {
    assert.deepEqual(readSiteReference('train.py#LR'), { file: 'train.py', path: 'LR' });
    assert.deepEqual(readSiteReference('C#/src/a.py#main.--lr'), { file: 'C#/src/a.py', path: 'main.--lr' });
    assert.deepEqual(readSiteReference('a.yaml#a#b'), { file: 'a.yaml', path: 'a#b' });
    for (const text of ['train.py', 'train.py#', '#LR', '', ' # ']) assert.equal(readSiteReference(text), null);
  });

  it('knows languages by the ending of a name', () => {
    assert.equal(siteLanguage('a/b.PY'), 'python');
    assert.equal(siteLanguage('a.mts'), 'typescript');
    assert.equal(siteLanguage('a.constructor'), null);
    assert.equal(siteLanguage('py'), null);
  });
});

describe('printValue', () => {
  for (const [languageId, value, like, expected] of [
    ['python', 3, '1', '3'],
    ['python', 3, '1.0', '3.0'],
    ['python', 1e-5, '3e-4', '1e-05'],
    ['python', -0.5, '1.', '-0.5'],
    ['python', true, 'False', 'True'],
    ['python', null, '3', 'None'],
    ['python', "it's", "'a'", "'it\\'s'"],
    ['python', 'adam', '"sgd"', '"adam"'],
    ['python', 0.01, '"0.1"', '"0.01"'],
    ['jupyter-notebook', true, 'False', 'True'],
    ['jupyter-notebook', 2, '1.5', '2.0'],
    ['typescript', 3, '1.0', '3'],
    ['typescript', null, '1', 'null'],
    ['javascript', 'b', '"a"', '"b"'],
    ['yaml', 1e-5, '1.0e-3', '1.0e-05'],
    ['yaml', 2, '1.0', '2.0'],
    ['yaml', 'b', "'a'", "'b'"],
    ['json', 2, '1.0', '2.0'],
    ['json', 'b', '"a"', '"b"'],
    ['json', 0.01, '"0.1"', '"0.01"'],
    ['toml', 2, '1.0', '2.0'],
    ['toml', 1e-5, '0.1', '1e-05'],
    ['toml', 'b', "'a'", '"b"'],
    ['toml', true, 'false', 'true'],
  ] as const) {
    it(`writes ${JSON.stringify(value)} in place of ${like} in ${languageId}`, () => {
      assert.equal(printValue(languageId, value, like), expected);
    });
  }
});

// Corrected lines: where their words stand, and what can be undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { History, corrected } from '../src/correction.js';
import { fixed, float, rint, split } from '../src/formats/numbers.js';

const box = (left, right) => [
  [left, 0],
  [right, 0],
  [right, 20],
  [left, 20],
];
const word = (text, left, right, confidence = 0.5) => ({ text, points: box(left, right), confidence });
const line = {
  text: 'một hai ba',
  raw_text: 'mot hai ba',
  points: box(0, 100),
  confidence: 0.6,
  words: [word('một', 0, 30), word('hai', 40, 70), word('ba', 80, 100)],
};

test('as many words as before take the places of those that were there', () => {
  const found = corrected(line, ' một   HAI ba ');
  assert.equal(found.text, 'một HAI ba');
  assert.deepEqual(found.words, [line.words[0], word('HAI', 40, 70, 1), line.words[2]]);
  assert.equal(found.raw_text, 'mot hai ba');
  assert.equal(found.confidence, 1);
  assert.equal(found.corrected, true);
});

test('more words share the place of those that they replace', () => {
  const found = corrected(line, 'một x yz ba'); // four characters on 40 to 70
  assert.deepEqual(
    found.words.map(({ text, points }) => [text, points[0][0], points[1][0]]),
    [
      ['một', 0, 30],
      ['x', 40, 47.5],
      ['yz', 55, 70],
      ['ba', 80, 100],
    ],
  );
});

test('a word that is put in stands between its neighbours; one that goes leaves the others where they are', () => {
  const more = corrected(line, 'một hai và ba');
  assert.deepEqual(more.words[2], word('và', 70, 80, 1));
  const fewer = corrected(line, 'một ba');
  assert.deepEqual(fewer.words, [line.words[0], line.words[2]]);
  assert.deepEqual(corrected(line, 'một hai ba bốn').words[3], word('bốn', 100, 100, 1));
  assert.deepEqual(corrected(line, '').words, []);
});

test('letters that were typed as two characters become one', () => {
  assert.equal(corrected(line, 'Tie\u0302\u0301ng').text, 'Tiếng');
});

test('corrections are undone and done again, until there is a new one', () => {
  const history = new History();
  for (const change of [1, 2, 3]) history.add(change);
  assert.equal(history.undo(), 3);
  assert.equal(history.undo(), 2);
  assert.equal(history.redo(), 2);
  history.add(4);
  assert.equal(history.redo(), undefined);
  history.filter((change) => change !== 2);
  assert.deepEqual([history.undo(), history.undo(), history.undo()], [4, 1, undefined]);
  assert.ok(history.canRedo && !history.canUndo);
});

test('numbers and spaces are those of Python', () => {
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, 2.51].map(rint), [0, 2, 2, 0, 3]);
  assert.deepEqual(
    [
      [0.125, 2],
      [0.375, 2],
      [12.5, 0],
      [13.5, 0],
      [-0.25, 1],
      [1.005, 2],
    ].map(([value, digits]) => fixed(value, digits)),
    ['0.12', '0.38', '12', '14', '-0.2', '1.00'],
  );
  assert.deepEqual([3, -0, 0.1, 0.0001].map(float), ['3.0', '-0.0', '0.1', '0.0001']);
  assert.deepEqual(split('\u00a0a\u2003b\x1cc\ufeff'), ['a', 'b', 'c\ufeff']);
});

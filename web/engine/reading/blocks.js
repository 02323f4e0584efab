/**
 * Blocks of a page: running text cut to paragraphs and titles, rows to tables and forms: `chuviet.reading.blocks`.
 *
 * @typedef {import('./boxes.js').Boxes} Boxes
 * @typedef {import('./boxes.js').Rows} Rows
 * @typedef {{rows: Rows, across: boolean}} Part
 * @typedef {{lines: number[], kind: 'text' | 'title' | 'table' | 'form', cells: [number, number][] | null}} Group
 */

import { argmax, argsort, mean, median } from '../image/numbers.js';
import { constants } from '../settings.js';
import { columnsOf, gapsBetween, of, rowsOf } from './boxes.js';

/**
 * Parts in reading order as groups; rows read across that are no table make a form with those next to them.
 *
 * @param {Boxes} boxes
 * @param {Part[]} parts
 * @returns {Group[]}
 */
export function groupsOf(boxes, parts) {
  const usual = median(boxes.height);
  /** @type {Group[]} */
  const groups = [];
  /** @type {Rows} */
  let form = [];
  for (const part of parts) {
    const rows = part.across ? tableRows(boxes, part.rows) : part.rows;
    const columns = columnsOf(boxes, rows);
    const table = part.across && isTable(boxes, rows, columns);
    if (part.across && !table) {
      form.push(...rows);
      continue;
    }
    groups.push(...formOf(boxes, form));
    form = [];
    groups.push(...(table ? [tableOf(boxes, rows, columns)] : paragraphs(boxes, rows.flat(), usual)));
  }
  return [...groups, ...formOf(boxes, form)];
}

/**
 * Whether the middles of lines are at the height of those of others: a row for each of the first.
 *
 * @param {Boxes} boxes
 * @param {number[]} one
 * @param {number[]} other
 * @param {number} [limit] - heights
 * @returns {boolean[][]}
 */
export function sameHeight(boxes, one, other, limit = constants('reading.blocks')._SAME_HEIGHT) {
  return one.map((i) =>
    other.map((j) => {
      const height = Math.max(boxes.height[i], boxes.height[j]);
      return Math.abs(boxes.centre[i] - boxes.centre[j]) < limit * height;
    }),
  );
}

/**
 * Whether the middles of two cells, of a few lines each, are at one height.
 *
 * @param {Boxes} boxes
 * @param {number[]} one
 * @param {number[]} other
 */
export function cellsLevel(boxes, one, other) {
  const { _SAME_HEIGHT, _CELL_LINES } = constants('reading.blocks');
  const away = Math.abs(mean(of(boxes.centre, one)) - mean(of(boxes.centre, other)));
  const few = Math.max(one.length, other.length) <= _CELL_LINES;
  return away < _SAME_HEIGHT * Math.max(...of(boxes.height, one)) && few;
}

/**
 * The lines of a column, cut where they are farther apart, of another size, indented, or the last one was short.
 *
 * @param {Boxes} boxes
 * @param {number[]} lines
 * @param {number} usual
 * @returns {Group[]}
 */
function paragraphs(boxes, lines, usual) {
  const { _END, _GAP, _INDENT, _SIZE, _TITLE } = constants('reading.blocks');
  lines = argsort(of(boxes.centre, lines)).map((k) => lines[k]);
  const left = median(of(boxes.left, lines));
  const right = Math.max(...of(boxes.right, lines));
  const width = right - Math.min(...of(boxes.left, lines));
  const pitch = lines.slice(1).map((line, k) => boxes.centre[line] - boxes.centre[lines[k]]);
  const distance = pitch.length ? median(pitch) : 0;
  const fills = median(lines.map((i) => right - boxes.right[i])) < 0.5 * _END * width;
  const starts = [0];
  for (let k = 1; k < lines.length; k++) {
    const [above, line] = [lines[k - 1], lines[k]];
    const height = Math.min(boxes.height[above], boxes.height[line]);
    const indented = boxes.left[line] > Math.max(boxes.left[above], left) + _INDENT * height;
    const ended = fills && boxes.right[above] < right - _END * width;
    const sized = Math.max(boxes.height[above], boxes.height[line]) > _SIZE * height;
    if (pitch[k - 1] > distance + _GAP * height || sized || indented || ended) starts.push(k);
  }
  return starts.map((start, i) => {
    const paragraph = lines.slice(start, starts[i + 1]);
    const title = paragraph.length <= 3 && median(of(boxes.height, paragraph)) > _TITLE * usual;
    return { lines: paragraph, kind: title ? 'title' : 'text', cells: null };
  });
}

/**
 * Rows of labels and entries; a few alone are text.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {Group[]}
 */
function formOf(boxes, rows) {
  if (!rows.length) return [];
  const kind = rows.length >= constants('reading.blocks')._ROWS ? 'form' : 'text';
  return [{ lines: rows.flatMap((row) => alongRow(boxes, row)), kind, cells: null }];
}

/**
 * Whether rows have cells in columns that are aligned to the left, to the right, or in the middle.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @param {Rows} columns
 */
function isTable(boxes, rows, columns) {
  const { _ROWS } = constants('reading.blocks');
  const cells = rows.map((row) => columnsOf(boxes, [row]).length);
  const several = cells.filter((n) => n > 1).length;
  const more = cells.filter((n) => n > columns.length).length;
  if (rows.length < 2 || columns.length < 2 || rows.length + columns.length < _ROWS + 2) return false;
  if (2 * several < rows.length || 5 * more > rows.length) return false;
  const aligned = columns.filter((column) => isAligned(boxes, column)).length;
  return columns.length < 3 ? aligned === columns.length : 3 * aligned >= 2 * columns.length;
}

/**
 * @param {Boxes} boxes
 * @param {number[]} column
 */
function isAligned(boxes, column) {
  const limit = constants('reading.blocks')._ALIGNED * median(of(boxes.height, column));
  return [boxes.left, boxes.right, boxes.middle].some((values) => {
    const edge = of(values, column);
    const usual = median(edge);
    return median(edge.map((x) => Math.abs(x - usual))) < limit;
  });
}

/**
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @param {Rows} columns
 * @returns {Group}
 */
function tableOf(boxes, rows, columns) {
  /** @type {number[]} */
  const lines = [];
  /** @type {[number, number][]} */
  const cells = [];
  rows.forEach((row, r) =>
    columns.forEach((column, c) => {
      const cell = alongRow(
        boxes,
        row.filter((i) => column.includes(i)),
      );
      lines.push(...cell);
      for (let k = 0; k < cell.length; k++) cells.push([r, c]);
    }),
  );
  return { lines, kind: 'table', cells };
}

/**
 * The lines of a row, cell by cell from the left to the right, in each from the top to the bottom.
 *
 * @param {Boxes} boxes
 * @param {number[]} row
 * @returns {number[]}
 */
function alongRow(boxes, row) {
  return columnsOf(boxes, [row]).flatMap((cell) => argsort(of(boxes.centre, cell)).map((k) => cell[k]));
}

/**
 * The rows of a table: lines side by side of which none is above another, and cells of several lines whole.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {Rows}
 */
function tableRows(boxes, rows) {
  /** @type {Rows} */
  const merged = [];
  for (const row of rowsOf(boxes, rows.flat(), constants('reading.blocks').FINE)) {
    const last = merged.length - 1;
    if (last >= 0 && areBeside(boxes, merged[last], row)) merged[last] = [...merged[last], ...row];
    else merged.push(row);
  }
  return wholeCells(boxes, merged);
}

/**
 * Whether two rows overlap in height though no line of one is above a line of the other.
 *
 * @param {Boxes} boxes
 * @param {number[]} upper
 * @param {number[]} lower
 */
function areBeside(boxes, upper, lower) {
  if (Math.min(...of(boxes.top, lower)) >= Math.max(...of(boxes.bottom, upper))) return false;
  return upper.every((i) =>
    lower.every((j) => Math.min(boxes.right[i], boxes.right[j]) <= Math.max(boxes.left[i], boxes.left[j])),
  );
}

/**
 * Rows of lines as rows of cells that may have several lines.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {Rows}
 */
function wholeCells(boxes, rows) {
  const { _CELL_GAP } = constants('reading.blocks');
  if (rows.length < 3) return rows;
  const gaps = gapsBetween(boxes, rows);
  const height = median(of(boxes.height, rows.flat()));
  const ordered = [...gaps].sort((a, b) => a - b);
  const jump = argmax(ordered.slice(1).map((gap, k) => gap - ordered[k]));
  if (ordered[jump + 1] - ordered[jump] < _CELL_GAP * height || ordered[jump] > _CELL_GAP * height) return rows;
  const limit = 0.5 * (ordered[jump] + ordered[jump + 1]);
  const starts = [0, ...gaps.flatMap((gap, k) => (gap > limit ? [k + 1] : []))];
  return starts.flatMap((start, i) => {
    const together = rows.slice(start, starts[i + 1]);
    return isOneRow(boxes, columnsOf(boxes, together)) ? [together.flat()] : together;
  });
}

/**
 * Whether cells of one and of several lines have their middles at one height, or begin at one height.
 *
 * @param {Boxes} boxes
 * @param {Rows} cells
 */
function isOneRow(boxes, cells) {
  const { _CELL_LINES, _SAME_HEIGHT } = constants('reading.blocks');
  const counts = cells.map((cell) => cell.length);
  if (cells.length < 2 || Math.min(...counts) > 1 || Math.max(...counts) > _CELL_LINES) return false;
  const limit = _SAME_HEIGHT * median(of(boxes.height, cells.flat()));
  const range = (/** @type {number[]} */ values) => Math.max(...values) - Math.min(...values);
  const tops = cells.map((cell) => Math.min(...of(boxes.centre, cell)));
  const level = range(tops) < limit && counts.filter((n) => n === 1).length === counts.length - 1;
  return level || range(cells.map((cell) => mean(of(boxes.centre, cell)))) < limit;
}

/**
 * What a reader gives: the pages of `chuviet read --format json`, which `docs/output.md` describes.
 * Points are pixels of the picture, x to the right, y downwards; corners run clockwise from the text's top left.
 *
 * @typedef {[number, number]} Point
 *
 * @typedef {object} Word
 * @property {string} text
 * @property {Point[]} points four corners
 * @property {number} confidence 0 to 1
 *
 * @typedef {object} Line
 * @property {string} text
 * @property {string} raw_text as the network read it
 * @property {Point[]} points four corners
 * @property {number} confidence 0 to 1
 * @property {Word[]} words
 * @property {Point[]} [outline] of a line that bends
 * @property {boolean} [corrected] whether a person wrote the text
 *
 * @typedef {object} Block
 * @property {'text' | 'title' | 'table' | 'form'} kind
 * @property {Point[]} points
 * @property {number[]} lines numbers of lines of the page
 * @property {[number, number][]} [cells] of a table: row and column of each line
 *
 * @typedef {object} Page
 * @property {string} name
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {number} angle by how many degrees the text runs clockwise from upright
 * @property {Line[]} lines in reading order
 * @property {Block[]} blocks in reading order
 */
export {};

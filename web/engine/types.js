/**
 * Types that the modules share.
 *
 * @typedef {{data: Uint8Array, width: number, height: number, channels: number}} Picture
 *   Pixels row by row, channels together (1: grey, 3: red, green, blue).
 * @typedef {{data: Float32Array, width: number, height: number, channels: number}} Levels
 *   As a picture, of numbers.
 * @typedef {{data: Float32Array, count: number, classes: number}} Frames
 *   What a recogniser says of `count` frames: a number for each class.
 * @typedef {[number, number]} Point
 * @typedef {Point[]} Quad
 *   Four corners, clockwise from the text's top left.
 */

export {};

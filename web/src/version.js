/** The version that files written by the page name; the package's own, which a test compares. */
export const VERSION = '0.2.0';

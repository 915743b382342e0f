/** Tells whoever runs the site, in the console, what people are not told, and what to do about it. */
const MOST_CHARS = 1000;

export function tellOperator(what: string): void {
  // Some of it comes with an address, so it is kept to one line of printable text.
  const line = what.replace(/[^\P{C}]+/gu, " ").slice(0, MOST_CHARS);
  // oxlint-disable-next-line no-console -- the page's only message to the operator
  console.error(`Livepass: ${line}`);
}

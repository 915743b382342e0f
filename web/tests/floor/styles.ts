/** What a style sheet uses and a floor lacks: properties, keywords, functions, at-rules, selectors. */
import { parse } from "postcss";

import { at, css, lacking, own, type Floor } from "./floor.ts";

const properties = css.properties;
const types = css.types;

/** Lines such as `light-dark(): firefox 120`. */
export function inStyles(source: string, floor: Floor): Set<string> {
  const found = new Set<string>();
  const note = (name: string, known: Parameters<typeof lacking>[0]): void => {
    const browsers = lacking(known, floor);
    if (browsers.length > 0) found.add(`${name}: ${browsers.join()}`);
  };
  const root = parse(source);
  root.walkDecls(({ prop, value }) => {
    note(prop, at(properties, prop));
    for (const [, word = ""] of value.matchAll(/([a-z][a-z-]*)/g)) {
      note(`${prop}: ${word}`, at(properties, prop, word));
    }
    for (const [, name = ""] of value.matchAll(/([a-z][a-z-]*)\(/g)) note(`${name}()`, inTypes(name));
  });
  root.walkAtRules(({ name }) => note(`@${name}`, at(css["at-rules"], name)));
  root.walkRules(({ selector }) => {
    for (const [, name = ""] of selector.matchAll(/::?([a-z-]+)/g)) {
      note(`:${name}`, at(css.selectors, name));
    }
  });
  return found;
}

/** A function such as `light-dark`, which MDN's data has below `color`. */
function inTypes(name: string): Parameters<typeof lacking>[0] {
  const direct = at(types, name);
  if (direct !== undefined) return direct;
  for (const group of Object.keys(types ?? {})) {
    const known = own(own(types, group), name)?.__compat;
    if (known !== undefined) return known;
  }
  return undefined;
}

/** The browser's own interfaces that a script uses and a floor lacks. */
import type { CompatStatement } from "@mdn/browser-compat-data";
import { parseSync } from "vite";

import { api, at, javascript, lacking, own, type Floor } from "./floor.ts";

const builtins = javascript["builtins"];
const OBJECTS: Record<string, string> = {
  navigator: "Navigator",
  document: "Document",
  window: "Window",
};

/** Whose methods are looked for by name alone; others' have names that people give to their own. */
const OWNERS = ["Array", "ArrayBuffer", "Map", "Promise", "Set", "String", "TypedArray", "Uint8Array"];
/** Their methods by name, since a script does not tell on which object it calls one. */
const MEMBERS = new Map<string, CompatStatement[]>();
for (const owner of OWNERS) {
  for (const name of Object.keys(own(builtins, owner) ?? {})) {
    const known = at(builtins, owner, name);
    if (known !== undefined) MEMBERS.set(name, [...(MEMBERS.get(name) ?? []), known]);
  }
}

/** Lines such as `AbortSignal.any: firefox 124`. */
export function inScript(source: string, floor: Floor): Set<string> {
  const found = new Set<string>();
  const note = (name: string, known: CompatStatement | undefined): void => {
    const browsers = lacking(known, floor);
    if (browsers.length > 0) found.add(`${name}: ${browsers.join()}`);
  };
  walk(parseSync("script.js", source).program, (node) => {
    if (node.type === "NewExpression" && node.callee?.type === "Identifier") {
      const { name = "" } = node.callee;
      note(name, at(api, name) ?? at(builtins, name));
    }
    if (
      node.type !== "MemberExpression" ||
      node.property?.type !== "Identifier" ||
      node.computed === true
    )
      return;
    const { name = "" } = node.property;
    const object = node.object?.type === "Identifier" ? (node.object.name ?? "") : "";
    const owner = OBJECTS[object] ?? object;
    const known = at(api, owner, `${name}_static`) ?? at(api, owner, name) ?? at(builtins, owner, name);
    if (known !== undefined) note(`${owner}.${name}`, known);
    else note(`.${name}`, leastLacking(name, floor));
  });
  return found;
}

/** A name is too new only if it is so on every object that has it. */
function leastLacking(name: string, floor: Floor): CompatStatement | undefined {
  const all = MEMBERS.get(name) ?? [];
  return all.some((known) => lacking(known, floor).length === 0) ? undefined : all[0];
}

interface Node {
  readonly type?: string;
  readonly name?: string;
  readonly computed?: boolean;
  readonly callee?: Node;
  readonly object?: Node;
  readonly property?: Node;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) visit(value);
  for (const inner of Object.values(value)) walk(inner, visit);
}

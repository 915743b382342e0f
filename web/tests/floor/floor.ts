/** The oldest browsers that the pages are for, and what MDN's data knows of them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { CompatData, CompatStatement, Identifier } from "@mdn/browser-compat-data";

const DATA = createRequire(import.meta.url).resolve("@mdn/browser-compat-data");

/** What the list in package.json calls a browser, and what MDN does. */
const NAMES = {
  chrome: "chrome",
  edge: "edge",
  firefox: "firefox",
  safari: "safari",
  ios_saf: "safari_ios",
} as const;
export type Floor = Readonly<Partial<Record<keyof typeof NAMES, number>>>;

const listed = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  browserslist: string[];
};
export const FLOOR = Object.fromEntries(
  listed.browserslist
    .map((line) => line.split(" >= "))
    .map(([name, version]) => [name, Number(version)]),
) as Floor;

/** The browsers of the floor that lack something, with the version that brings it. */
export function lacking(known: CompatStatement | undefined, floor: Floor): string[] {
  return Object.entries(floor).flatMap(([name, version]) => {
    const support = known?.support[NAMES[name as keyof typeof NAMES]];
    if (support === undefined) return [];
    const [newest] = [support].flat();
    const since = newest?.version_added;
    if (newest === undefined || newest.flags !== undefined || since === false) return [`${name} never`];
    const added = parseFloat(String(since).replace("≤", ""));
    return added > version ? [`${name} ${added}`] : [];
  });
}

export function at(root: Identifier | undefined, ...path: string[]): CompatStatement | undefined {
  return path.reduce<Identifier | undefined>((inner, name) => own(inner, name), root)?.__compat;
}

export function own(root: Identifier | undefined, name: string): Identifier | undefined {
  return root !== undefined && Object.hasOwn(root, name) ? root[name] : undefined;
}

/** 18 MB, so it is read, not imported: an import would be transformed first. */
export const { api, css, javascript } = JSON.parse(readFileSync(DATA, "utf8")) as CompatData;

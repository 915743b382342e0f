/**
 * What answers Gemini's calls in the page, by the tool's name: the weather, from our own API, and for
 * functions of the operator's own (`LIVE_API_TOOLS`) what `functions.js` beside the page exports. One
 * that nothing answers is told in the console, and to Gemini when it calls it.
 */
import type { LiveApi, ToolHandlers } from "../../client/index.ts";
import { tellOperator } from "../../site/sign-in/operator.ts";

/** Google answers its own. */
const ANSWERED_ELSEWHERE = ["google_search"];

/** `offered` are the tools that config names; `load` imports the operator's file. */
export async function toolHandlers(
  api: LiveApi,
  offered: Iterable<string>,
  load: () => Promise<unknown> = importFunctions,
): Promise<ToolHandlers> {
  const ours = builtIn(api);
  const declared = [...new Set(offered)].filter(
    (name) => !Object.hasOwn(ours, name) && !ANSWERED_ELSEWHERE.includes(name),
  );
  if (declared.length === 0) return ours;
  const own = await load().then(exported, (error: unknown) => {
    tellOperator(`functions.js cannot be loaded: ${String(error)}`);
    return {};
  });
  const missing = declared.filter((name) => !Object.hasOwn(own, name));
  if (missing.length > 0) tellOperator(`functions.js does not answer ${missing.join(", ")}.`);
  const unanswered = missing.map((name) => [name, () => refuse(name)] as const);
  return { ...Object.fromEntries(unanswered), ...own, ...ours };
}

function builtIn(api: LiveApi): ToolHandlers {
  return {
    get_weather: async (args, { signal }) => {
      const place = args["place"];
      if (typeof place !== "string" || place === "") throw new Error("place is missing");
      return api.weather(place, signal);
    },
  };
}

function refuse(name: string): never {
  tellOperator(`Gemini called ${name}, which functions.js does not answer.`);
  throw new Error(`There is no tool ${name}.`);
}

async function importFunctions(): Promise<unknown> {
  const url = new URL("functions.js", document.baseURI).href;
  return import(/* @vite-ignore */ url);
}

/** Its default export, without what is no handler. */
function exported(module: unknown): ToolHandlers {
  const own = Object.entries((module as { default?: object }).default ?? {});
  const usable = own.filter(
    ([, value]) => typeof value === "function" || typeof value?.handler === "function",
  );
  return Object.fromEntries(usable) as ToolHandlers;
}

/**
 * What answers Gemini's calls in the page, by the tool's name: the weather, from our own API. Functions
 * of your own (`LIVE_API_TOOLS`) get their handlers here; a call that has none is told to Gemini and
 * shown as failed.
 */
import type { LiveApi, ToolHandlers } from "../../client/index.ts";

export function toolHandlers(api: LiveApi): ToolHandlers {
  return {
    get_weather: async (args, { signal }) => {
      const place = args["place"];
      if (typeof place !== "string" || place === "") throw new Error("place is missing");
      return api.weather(place, signal);
    },
  };
}

/** Tools that run in the page: the weather, from our own API. */
import type { LiveApi, LiveTalk } from "../../client/index.ts";

export function registerTools(talk: LiveTalk, api: LiveApi): () => void {
  return talk.registerTool("get_weather", async (args, { signal }) => {
    const place = args["place"];
    if (typeof place !== "string" || place === "") throw new Error("place is missing");
    return api.weather(place, signal);
  });
}

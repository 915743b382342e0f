/**
 * The headless client: a talk with Gemini, for any page.
 *
 *     const tokens = new TokenSource({ idToken: async () => signIn.idToken() });
 *     const talk = await LiveTalk.create({ tokens, tools: { open_door: () => door.open() } });
 *     talk.on("state", ({ detail }) => render(detail.state));
 *     talk.registerTool("get_weather", ({ place }, { signal }) => tokens.weather(place, signal));
 *     talk.on("bookmark", ({ detail }) => keep(detail.bookmark)); // to start({ resume }) after a reload
 *     button.onclick = () => talk.start({ wish: { voice: "Puck", tools: ["get_weather"] } });
 *
 * A page with Trusted Types must allow the policy `livepass-live`. A page that has to start small can
 * import `api/token-source.ts` (limits, what is on offer) first, and this with `import()` later.
 */

export type * from "./api/types.ts";
export type { TalkBookmark } from "./api/bookmark.ts";
export type { TalkUsage, TokenCounts, TurnUsage } from "./conversation/cost.ts";
export { PRICES } from "./conversation/cost.ts";
export { LiveError, type LiveErrorCode } from "./errors.ts";
export * from "./events.ts";
export type * from "./options.ts";
export type * from "./state.ts";
export * from "./talk.ts";
export type { TalkTokens } from "./api/talk-tokens.ts";
export type { Asked, TokenRequest } from "./api/token-request.ts";
export { type LiveApi, TokenSource, type TokenSourceOptions } from "./api/token-source.ts";
export type { ToolContext, ToolHandler, ToolHandlers, ToolOptions } from "./conversation/tools.ts";
export type { TranscriptEntry } from "./conversation/transcript.ts";
export type { CameraOptions } from "./video/sources.ts";
export type { WireStats } from "./wire/protocol.ts";

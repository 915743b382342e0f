/**
 * Stores in this tab where a talk was left and what it has used, so that it can be resumed after a
 * reload. It contains the transcript and the requests for its token, but no token. It is deleted with
 * the tab, at sign-out, and when the talk is ended.
 */
import { NO_USAGE } from "../../client/conversation/cost.ts";
import type {
  TalkBookmark,
  TokenRequest,
  TokenCounts,
  TranscriptEntry,
  TurnUsage,
} from "../../client/index.ts";

const KEY = "livepass.talk";
const USED_KEY = "livepass.used";

/** Store the bookmark; null deletes it. */
export function keepBookmark(bookmark: TalkBookmark | null, storage: Storage = sessionStorage): void {
  try {
    if (bookmark === null) for (const key of [KEY, USED_KEY]) storage.removeItem(key);
    else storage.setItem(KEY, JSON.stringify(bookmark));
  } catch {
    // Storage may be full or forbidden; the talk then cannot be resumed after a reload.
  }
}

/** The stored bookmark, or undefined if there is none or this page did not write it. */
export function readBookmark(
  storage: Pick<Storage, "getItem"> = sessionStorage,
): TalkBookmark | undefined {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    return isBookmark(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** Store what a session has used in all its talks; nothing is stored for one that cannot continue. */
export function keepUsed(sessionId: string, used: TurnUsage, storage: Storage = sessionStorage): void {
  try {
    if (readBookmark(storage)?.sessionId === sessionId)
      storage.setItem(USED_KEY, JSON.stringify({ sessionId, used }));
  } catch {
    // Storage may be full or forbidden; a resumed talk then counts from here.
  }
}

/** What is stored for this session. */
export function readUsed(
  sessionId: string,
  storage: Pick<Storage, "getItem"> = sessionStorage,
): TurnUsage {
  try {
    const kept = fields(JSON.parse(storage.getItem(USED_KEY) ?? "null"));
    return kept["sessionId"] === sessionId && isUsage(kept["used"]) ? kept["used"] : NO_USAGE;
  } catch {
    return NO_USAGE;
  }
}

function isUsage(value: unknown): value is TurnUsage {
  const { input, output, thoughts, cost } = fields(value);
  return (
    isTokenCounts(input) &&
    isTokenCounts(output) &&
    typeof thoughts === "number" &&
    typeof cost === "number"
  );
}

function isTokenCounts(value: unknown): value is TokenCounts {
  const { text, audio, image, other } = fields(value);
  return [text, audio, image, other].every((count) => typeof count === "number");
}

function isBookmark(value: unknown): value is TalkBookmark {
  const {
    sessionId,
    handle,
    savedAt,
    turns,
    transcript,
    wish = {},
    requests = [],
    locked = false,
  } = fields(value);
  return (
    typeof sessionId === "string" &&
    (handle === null || typeof handle === "string") &&
    typeof savedAt === "number" &&
    (turns === "automatic" || turns === "hold") &&
    Array.isArray(transcript) &&
    transcript.every(isEntry) &&
    isObject(wish) &&
    Array.isArray(requests) &&
    requests.every(isRequest) &&
    typeof locked === "boolean"
  );
}

function isRequest(value: unknown): value is TokenRequest {
  const { idempotencyKey, body } = fields(value);
  return typeof idempotencyKey === "string" && isObject(body);
}

function isEntry(value: unknown): value is TranscriptEntry {
  const { id, who, kind, text, at } = fields(value);
  return (
    typeof id === "number" &&
    (who === "user" || who === "model") &&
    (kind === "speech" || kind === "text" || kind === "image") &&
    typeof text === "string" &&
    typeof at === "number"
  );
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? { ...value } : {};
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * Where a talk was left, kept in this tab, so that it can go on after a reload. It has what was said
 * and no token; it goes with the tab, with signing out, and with the talk's session.
 */
import type { TalkBookmark, TranscriptEntry } from "../live/index.ts";

const KEY = "livepass.talk";

/** Null forgets. */
export function keepBookmark(bookmark: TalkBookmark | null, storage: Storage = sessionStorage): void {
  try {
    if (bookmark === null) storage.removeItem(KEY);
    else storage.setItem(KEY, JSON.stringify(bookmark));
  } catch {
    // Storage may be full or forbidden; then a reload ends the talk, as it always did.
  }
}

/** What was kept, or undefined if that is nothing, or nothing this page would have written. */
export function readBookmark(storage: Pick<Storage, "getItem"> = sessionStorage): TalkBookmark | undefined {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    return isBookmark(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function isBookmark(value: unknown): value is TalkBookmark {
  const { sessionId, handle, savedAt, turns, transcript } = fields(value);
  return (
    typeof sessionId === "string" &&
    (handle === null || typeof handle === "string") &&
    typeof savedAt === "number" &&
    (turns === "automatic" || turns === "hold") &&
    Array.isArray(transcript) &&
    transcript.every(isEntry)
  );
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
  return typeof value === "object" && value !== null ? { ...value } : {};
}

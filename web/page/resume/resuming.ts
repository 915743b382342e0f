/** Keeps a talk's bookmark while the talk continues, and offers to resume it after a reload. */
import { asLiveError, LiveError } from "../../client/errors.ts";
import type { LiveApi, LiveTalk, TalkBookmark } from "../../client/index.ts";
import type { Resumable, SignedIn } from "../shell/state.ts";
import type { Store } from "../shell/store.ts";
import { said } from "../transcript/lines.ts";
import { keepBookmark, readBookmark } from "./bookmarks.ts";
import { claim } from "./claims.ts";

/** How long a handle is valid (ai.google.dev, Live API, session management). */
const REMEMBERED_MS = 2 * 60 * 60_000;

/** What this tab can resume, with its transcript. Nothing that was ended or belongs to another tab. */
export async function leftBefore(api: LiveApi): Promise<Partial<SignedIn>> {
  const bookmark = readBookmark();
  if (bookmark === undefined) return {};
  const [session, ours] = await Promise.all([
    api.session(bookmark.sessionId).catch(asLiveError),
    claim(bookmark.sessionId),
  ]);
  if (session instanceof LiveError && session.code !== "not-found") return {};
  if (!ours || session instanceof LiveError || session.state === "ended") {
    keepBookmark(null);
    return {};
  }
  return {
    resumable: resumableUntil(bookmark, session.expiresAt),
    lines: (bookmark.transcript ?? []).map(said),
  };
}

function resumableUntil(bookmark: TalkBookmark, expiresAt: string): Resumable {
  const untilMs = Date.parse(expiresAt);
  return {
    bookmark,
    untilMs,
    rememberedUntilMs: bookmark.handle === null ? untilMs : bookmark.savedAt + REMEMBERED_MS,
  };
}

/** Store each bookmark the talk emits. Returns a function that stops it. */
export function followBookmark(talk: LiveTalk, store: Store): () => void {
  const page = new AbortController();
  const leave = (): void => {
    const bookmark = store.signedIn?.resumable?.bookmark;
    // The last bookmark may be a few sentences old, so the whole transcript is added.
    if (bookmark !== undefined && talk.transcript.length > 0)
      keepBookmark(withTranscript(bookmark, talk));
  };
  addEventListener("pagehide", leave, { signal: page.signal });
  const detach = talk.on("bookmark", ({ detail: { bookmark } }) => {
    keepBookmark(bookmark);
    if (bookmark !== null) void claim(bookmark.sessionId);
    store.change({
      resumable: bookmark === null ? undefined : resumableUntil(bookmark, talk.session?.expiresAt ?? ""),
    });
  });
  return () => {
    page.abort();
    detach();
  };
}

/** The bookmark to resume from, with the whole transcript. */
export function placeToResume(resumable: Resumable, talk: LiveTalk): TalkBookmark {
  return talk.transcript.length === 0 ? resumable.bookmark : withTranscript(resumable.bookmark, talk);
}

function withTranscript(bookmark: TalkBookmark, { transcript }: LiveTalk): TalkBookmark {
  return { ...bookmark, transcript: transcript.map((entry) => ({ ...entry, final: true })) };
}

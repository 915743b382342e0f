/** A talk that was left and can be taken up again: kept while it goes on, offered after a reload. */
import type { LiveApi, LiveTalk, TalkBookmark } from "../live/index.ts";
import { asLiveError, LiveError } from "../live/errors.ts";
import { keepBookmark, readBookmark } from "./bookmarks.ts";
import { said } from "./lines.ts";
import type { Resumable, SignedIn } from "./state.ts";
import type { Store } from "./store.ts";

/** What this tab has left to take up, and was said in it. Nothing, if its session is over. */
export async function leftBefore(api: LiveApi): Promise<Partial<SignedIn>> {
  const bookmark = readBookmark();
  if (bookmark === undefined) return {};
  const session = await api.session(bookmark.sessionId).catch(asLiveError);
  if (session instanceof LiveError) {
    if (session.code === "not-found") keepBookmark(null);
    return {};
  }
  if (session.state !== "active") {
    keepBookmark(null);
    return {};
  }
  const resumable = { bookmark, untilMs: Date.parse(session.expiresAt) };
  return { resumable, lines: (bookmark.transcript ?? []).map(said) };
}

/** Keep the bookmark that the talk tells of. Returns what detaches. */
export function followBookmark(talk: LiveTalk, store: Store): () => void {
  const page = new AbortController();
  const leave = (): void => {
    const bookmark = store.signedIn?.resumable?.bookmark;
    // Gemini's last bookmark may be some sentences old: the transcript goes on to the end.
    if (bookmark !== undefined && talk.transcript.length > 0) keepBookmark(withTranscript(bookmark, talk));
  };
  addEventListener("pagehide", leave, { signal: page.signal });
  const detach = talk.on("bookmark", ({ detail: { bookmark } }) => {
    keepBookmark(bookmark);
    const until = talk.session?.expiresAt ?? "";
    store.change({ resumable: bookmark === null ? undefined : { bookmark, untilMs: Date.parse(until) } });
  });
  return () => {
    page.abort();
    detach();
  };
}

/** Where to go on, with all that was said until now. */
export function placeToResume(resumable: Resumable, talk: LiveTalk): TalkBookmark {
  return talk.transcript.length === 0 ? resumable.bookmark : withTranscript(resumable.bookmark, talk);
}

function withTranscript(bookmark: TalkBookmark, { transcript }: LiveTalk): TalkBookmark {
  return { ...bookmark, transcript: transcript.map((entry) => ({ ...entry, final: true })) };
}

/** Whether it can be taken up now. */
export function canResume({ resumable, serverNowMs }: SignedIn): boolean {
  return resumable !== undefined && serverNowMs < resumable.untilMs;
}

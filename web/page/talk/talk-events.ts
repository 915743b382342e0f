/** Brings the client's events into the state. Returns a function that stops it. */
import type { LiveTalk } from "../../client/index.ts";
import type { Journal } from "../drawer/journal.ts";
import type { Store } from "../shell/store.ts";
import { found, noted, said, toolCalled, toolEnded, withLine, type Note } from "../transcript/lines.ts";
import { setLevels } from "./orb.ts";
import { isOpen } from "./talk-words.ts";

export function followTalk(talk: LiveTalk, store: Store, journal: Journal): () => void {
  let notes = 0;
  const note = (what: Note): void =>
    store.change(({ lines }) => ({ lines: withLine(lines, noted(what, (notes += 1))) }));
  const attached = [
    talk.on("state", ({ detail: { state, previous } }) => {
      if (state.name === "live" && previous.name === "connecting")
        store.change({ liveSinceMs: Date.now() });
      store.change({ talk: state, ...(state.name === "failed" ? { notice: undefined } : {}) });
      if (!isOpen(state)) setLevels({ microphone: 0, speaker: 0 });
      journal.moved(previous.name, state.name);
    }),
    talk.on("open", ({ detail: { session, resumed } }) => {
      const goesOn = (store.signedIn?.lines.length ?? 0) > 0;
      store.change({ pass: { session, expiresAtMs: Date.parse(session.expiresAt) } });
      if (goesOn) note(resumed ? "resumed" : "forgot");
    }),
    talk.on("tokenrefresh", ({ detail: { session } }) =>
      store.change(({ notice }) => ({
        pass: { session, expiresAtMs: Date.parse(session.expiresAt) },
        ...(notice?.endsAtMs === undefined ? {} : { notice: undefined }),
      })),
    ),
    talk.on(
      "tokenexpired",
      ({
        detail: {
          error: { code, violated },
        },
      }) =>
        store.change(({ pass }) =>
          pass === undefined
            ? {}
            : { pass: undefined, notice: { code, violated, endsAtMs: pass.expiresAtMs } },
        ),
    ),
    talk.on("error", ({ detail: { error } }) => {
      if (talk.state.name !== "failed")
        store.change({ notice: { code: error.code, violated: error.violated } });
    }),
    talk.on("volume", ({ detail }) => setLevels(detail)),
    talk.on("audio", ({ detail: { playing } }) => journal.heard(playing)),
    talk.on("transcript", ({ detail: { entry } }) =>
      store.change(({ lines }) => ({ lines: withLine(lines, said(entry)) })),
    ),
    talk.on("toolcall", ({ detail: { id, name, args } }) =>
      store.change(({ lines }) => ({ lines: withLine(lines, toolCalled(id, name, args)) })),
    ),
    talk.on("toolresult", ({ detail: { id, name, ok, error } }) => {
      store.change(({ lines }) => ({ lines: toolEnded(lines, id, ok ? "done" : "failed") }));
      if (!ok) journal.note("toolfailed", { name, error });
    }),
    talk.on("toolcancel", ({ detail: { ids } }) =>
      store.change(({ lines }) => ({
        lines: ids.reduce((all, id) => toolEnded(all, id, "cancelled"), lines),
      })),
    ),
    talk.on("sources", ({ detail: { queries, sources } }) =>
      store.change(({ lines }) => ({
        lines: withLine(lines, found(`found-${(notes += 1)}`, queries, sources)),
      })),
    ),
    talk.on("usage", ({ detail: { total } }) => store.change({ cost: total.cost })),
    talk.on("limits", ({ detail: { limits } }) => store.change({ limits })),
    talk.on("emptyturn", ({ detail }) => {
      journal.note("emptyturn", detail);
      note(detail.inARow < 3 ? "unanswered" : "silent");
    }),
    talk.on("reconnected", ({ detail: { planned, resumed, tookMs } }) => {
      journal.took(planned ? "planned reconnect" : "reconnect", tookMs);
      if (!resumed) note("forgot");
      else if (!planned) note("reconnected");
    }),
    talk.on("video", ({ detail: { source, stream } }) =>
      store.change({ video: source === "none" || stream === null ? undefined : { source, stream } }),
    ),
    talk.on("devices", ({ detail }) => store.change({ devices: detail })),
    talk.on("wire", ({ detail: { what, detail } }) => journal.note(what, detail)),
    ...(
      ["interrupted", "toolprogress", "goaway", "reconnecting", "reconnectfailed", "close"] as const
    ).map((name) => talk.on(name, ({ detail }) => journal.note(name, detail))),
  ];
  return () => attached.forEach((detach) => detach());
}

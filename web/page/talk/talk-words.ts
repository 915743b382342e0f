/** Describes what a talk is doing. */
import type { LiveState, ReconnectingState, TalkState } from "../../client/index.ts";
import { messages } from "../../site/messages/index.ts";

const { talk: words } = messages;

export type Tone = "good" | "wait" | "bad" | "";

const OFF: ReadonlySet<TalkState["name"]> = new Set(["idle", "closed", "failed"]);

/** Whether there is a talk to end. */
export function isOn(talk: TalkState): boolean {
  return !OFF.has(talk.name);
}

/** Whether people can speak and type; while reconnecting, what they say is kept. */
export function isOpen(talk: TalkState): talk is LiveState | ReconnectingState {
  return talk.name === "live" || talk.name === "reconnecting";
}

export function connection(talk: TalkState): { readonly tone: Tone; readonly words: string } {
  switch (talk.name) {
    case "idle":
      return { tone: "", words: words.states.idle };
    case "closed":
      return { tone: "", words: words.states.closed };
    case "failed":
      return { tone: "bad", words: words.states.failed };
    case "asking":
    case "authorizing":
    case "connecting":
    case "reconnecting":
    case "closing":
      return { tone: "wait", words: words.states[talk.name] };
    case "live":
      return { tone: "good", words: words.states.live };
    default:
      return talk satisfies never;
  }
}

/** The status line below the button, which is also read aloud. */
export function status(talk: TalkState): string {
  if (talk.name === "idle") return words.invitation;
  if (talk.name !== "live") return words.doing[talk.name];
  if (talk.trouble !== null) return words.unheard;
  if (talk.speaking === "model") return words.speaking;
  if (talk.muted) return words.mutedLong;
  if (talk.turns === "hold") return talk.holding ? words.holding : words.holdInvitation;
  return words.listening;
}

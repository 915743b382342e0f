/** Opens the page for someone who has signed in: loads what it shows first, and makes its actions. */
import { asLiveError } from "../../client/errors.ts";
import { LiveError, LiveTalk, TokenSource, type LiveApi } from "../../client/index.ts";
import type { DeploymentConfig } from "../../site/deployment/config.ts";
import { messages } from "../../site/messages/index.ts";
import { tell } from "../../site/messages/told.ts";
import { readPreferences } from "../../site/preferences.ts";
import { NotOpened } from "../../site/shell.ts";
import { tellOperator } from "../../site/sign-in/operator.ts";
import { SignInFailed, type Person, type SignIn } from "../../site/sign-in/sign-in.ts";
import { leftBefore } from "../resume/resuming.ts";
import { isOn } from "../talk/talk-words.ts";
import { toolHandlers } from "../talk/tools.ts";
import { Actions } from "./actions.ts";
import type { PanelPart } from "./panels.ts";
import type { Notice, SignedIn } from "./state.ts";
import type { Store } from "./store.ts";

export interface Opening {
  readonly store: Store;
  readonly config: DeploymentConfig;
  readonly signIn: SignIn;
  readonly person: Person;
  /** Sign out; `expired` if the person did not ask for it. */
  readonly leave: (why?: "expired") => void;
  /** Load a part of the page, so that it can be drawn. */
  readonly loadPart: (name: "signedIn" | PanelPart) => Promise<void>;
}

/** Throws SignInFailed, or NotOpened with the reason. */
export async function openActions(opening: Opening): Promise<Actions> {
  try {
    return await open(opening);
  } catch (error) {
    if (error instanceof SignInFailed) throw error;
    const code = error instanceof LiveError ? error.code : "unsupported";
    throw new NotOpened(tell(code), { cause: error });
  }
}

async function open(opening: Opening): Promise<Actions> {
  const { store, person, leave, loadPart } = opening;
  let talk: LiveTalk | undefined;
  const closing = new AbortController();
  const api = tokenSource(opening, closing.signal, () => talk !== undefined && isOn(talk.state));
  const [config, limits, before] = await Promise.all([
    api.config(),
    api.limits().catch(asLiveError),
    leftBefore(api),
    loadPart("signedIn").catch(() => {
      throw new LiveError("network");
    }),
  ]);
  if (limits instanceof LiveError && limits.code === "unauthenticated") throw notAccepted(limits);
  const offered = config.models.flatMap(({ tools }) => tools);
  talk = await LiveTalk.create({ tokens: api, tools: await toolHandlers(api, offered) });
  // People without access are told now, not when they start a talk.
  const known =
    limits instanceof LiveError
      ? { limits: undefined, notice: { code: limits.code, violated: [] } }
      : { limits, notice: noticeOfClock(api) };
  const initial: SignedIn = {
    ...BLANK,
    ...before,
    ...known,
    person,
    config,
    talk: talk.state,
    preferences: readPreferences(),
    nowMs: Date.now(),
    serverNowMs: api.now(),
  };
  return new Actions({ store, api, talk, leave, loadPart, closing }, initial);
}

/** A token that has just come from the sign-in and is refused: signing in again would not help. */
function notAccepted(refusal: LiveError): SignInFailed {
  const { requestId = "", message: detail } = refusal;
  tellOperator(
    `The API refuses the ID token of this sign-in (${detail}). The audit line of request ${requestId} says why.`,
  );
  return new SignInFailed("refused", { cause: refusal }, messages.notAccepted(requestId));
}

function noticeOfClock(api: LiveApi): Notice | undefined {
  const aheadMs = Date.now() - api.now();
  return Math.abs(aheadMs) < CLOCK_OFF_MS ? undefined : { code: "clock-off", violated: [], aheadMs };
}

/** Tokens for the signed-in person, until `closed`. */
function tokenSource(opening: Opening, closed: AbortSignal, talks: () => boolean): TokenSource {
  const { store, config, signIn, leave } = opening;
  return new TokenSource({
    baseUrl: config.api,
    idToken: async (how) =>
      signIn.idToken(closed, how).catch((error: unknown) => {
        const unreachable = error instanceof SignInFailed && error.reason === "unreachable";
        const over = error instanceof SignInFailed && !unreachable;
        // A running talk continues: it needs no sign-in until its pass expires, nor to end.
        if (over && !how.late && !closed.aborted && !talks()) leave("expired");
        throw new LiveError(unreachable ? "network" : "signed-out");
      }),
    onLimits: (limits) => store.change({ limits }),
  });
}

/** Less than that disturbs nobody. */
const CLOCK_OFF_MS = 10 * 60_000;

const BLANK = {
  name: "signed-in",
  lines: [],
  notice: undefined,
  liveSinceMs: undefined,
  cost: 0,
  pass: undefined,
  resumable: undefined,
  video: undefined,
  devices: { microphones: [], speakers: [], cameras: [], microphone: null, speaker: "" },
  attached: undefined,
  panel: "none",
  sessions: { name: "unread" },
  drawer: undefined,
} as const;

/**
 * Reads Gemini's messages, fact by fact. One message can contain several (sound and transcript, the end
 * of a turn and a tool call), so every member is read, in the order in which it matters.
 *
 * Ignored: `voiceActivity`, because `interrupted` and the microphone's own level are enough, and the
 * level is known sooner; `interactionStatus`, because a handle comes only after the end of the turns it
 * announces; and `urlContextMetadata`, because no Live model has URL context and our tokens do not
 * request it.
 */

import { fromBase64 } from "./base64.ts";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface ModalityCount {
  readonly modality?: string;
  readonly tokenCount?: number;
}

/** `usageMetadata`, in Gemini's format. */
export interface UsageMetadata {
  readonly promptTokenCount?: number;
  readonly responseTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly toolUsePromptTokenCount?: number;
  readonly totalTokenCount?: number;
  readonly promptTokensDetails?: readonly ModalityCount[];
  readonly responseTokensDetails?: readonly ModalityCount[];
  readonly toolUsePromptTokensDetails?: readonly ModalityCount[];
}

export type Fact =
  | { readonly fact: "ready" }
  | { readonly fact: "interrupted" }
  | { readonly fact: "sound"; readonly pcm: ArrayBuffer }
  | { readonly fact: "wrote"; readonly text: string }
  | {
      readonly fact: "said";
      readonly who: "user" | "model";
      readonly text: string;
      /** An interim text, to be replaced by the next. */
      readonly interim: boolean;
      readonly finished: boolean;
    }
  | {
      readonly fact: "sources";
      readonly queries: readonly string[];
      readonly sources: readonly { readonly uri: string; readonly title: string }[];
    }
  | { readonly fact: "generated" }
  | {
      readonly fact: "turn";
      /** It ended with its connection, and the rest is lost. */
      readonly cut: boolean;
      /** `turnCompleteReason`, empty if none was given; absent where Gemini did not say "complete". */
      readonly reason?: string;
      /** Whether nothing came of it: no sound, no words, no call. */
      readonly empty?: boolean;
    }
  | { readonly fact: "calls"; readonly calls: readonly ToolCall[] }
  | { readonly fact: "cancelled"; readonly ids: readonly string[] }
  | { readonly fact: "usage"; readonly usage: UsageMetadata }
  | { readonly fact: "handle"; readonly handle: string | null }
  | { readonly fact: "goAway"; readonly timeLeftMs: number };

type Members = Readonly<Record<string, unknown>>;

export function factsOf(message: unknown): Fact[] {
  return [...facts(object(message))];
}

function* facts(members: Members): Generator<Fact> {
  const content = object(members.serverContent);
  if (members.setupComplete !== undefined) yield { fact: "ready" };
  yield* contentFacts(content);
  yield* callFacts(members);
  if (members.usageMetadata !== undefined) {
    yield { fact: "usage", usage: object(members.usageMetadata) };
  }
  // `waitingForInput` ends a turn in which Gemini chose to say nothing, or nothing more.
  if (content.turnComplete === true || content.waitingForInput === true) {
    const complete = content.turnComplete === true && content.waitingForInput !== true;
    const reason = complete ? { reason: string(content.turnCompleteReason) } : {};
    yield { fact: "turn", cut: false, ...reason };
  }
  yield* connectionFacts(members);
}

function* contentFacts(content: Members): Generator<Fact> {
  if (content.interrupted === true) yield { fact: "interrupted" };
  yield* said("user", content.interimInputTranscription, true);
  yield* said("user", content.inputTranscription, false);
  for (const part of array(object(content.modelTurn).parts).map(object)) {
    const blob = object(part.inlineData);
    if (typeof blob.data === "string" && string(blob.mimeType).startsWith("audio/pcm")) {
      yield { fact: "sound", pcm: fromBase64(blob.data).buffer };
    }
    if (typeof part.text === "string" && part.thought !== true) {
      yield { fact: "wrote", text: part.text };
    }
  }
  yield* said("model", content.outputTranscription, false);
  if (content.groundingMetadata !== undefined) yield sources(object(content.groundingMetadata));
  if (content.generationComplete === true) yield { fact: "generated" };
}

function* said(who: "user" | "model", transcription: unknown, interim: boolean): Generator<Fact> {
  const { text, finished } = object(transcription);
  if (text === undefined && finished !== true) return;
  yield { fact: "said", who, text: string(text), interim, finished: finished === true };
}

function sources(metadata: Members): Fact {
  const found = array(metadata.groundingChunks).map((chunk) => object(object(chunk).web));
  return {
    fact: "sources",
    queries: array(metadata.webSearchQueries).map(string),
    sources: found
      .map((web) => ({ uri: string(web.uri), title: string(web.title) }))
      .filter(({ uri }) => /^https?:\/\//.test(uri)),
  };
}

function* callFacts(members: Members): Generator<Fact> {
  const calls = array(object(members.toolCall).functionCalls).map(object);
  if (calls.length > 0) {
    yield {
      fact: "calls",
      calls: calls.map((call) => ({
        id: string(call.id),
        name: string(call.name),
        args: object(call.args),
      })),
    };
  }
  const ids = array(object(members.toolCallCancellation).ids).map(string);
  if (ids.length > 0) yield { fact: "cancelled", ids };
}

function* connectionFacts(members: Members): Generator<Fact> {
  if (members.sessionResumptionUpdate !== undefined) {
    const { newHandle, resumable } = object(members.sessionResumptionUpdate);
    yield { fact: "handle", handle: resumable === true && newHandle ? string(newHandle) : null };
  }
  if (members.goAway !== undefined) {
    // A protobuf Duration in JSON: "50s", "9.5s".
    const seconds = Number.parseFloat(string(object(members.goAway).timeLeft)) || 0;
    yield { fact: "goAway", timeLeftMs: seconds * 1000 };
  }
}

function object(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * The messages a client may send, one member in each (ai.google.dev, Live API reference). The contract
 * test compares them with what Google's own SDK sends.
 */

import { toBase64 } from "./base64.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [k: string]: Json };

export interface Content {
  readonly role: "user" | "model";
  readonly parts: readonly { readonly text: string }[];
}

export interface FunctionResponse {
  readonly id: string;
  readonly name: string;
  /** `output` or `error`. */
  readonly response: Readonly<Record<string, unknown>>;
  readonly scheduling?: "SILENT" | "WHEN_IDLE" | "INTERRUPT";
}

export type ClientMessage = Readonly<Record<string, unknown>>;

/**
 * An empty `sessionResumption` requests handles; a handle resumes. `setup` leaves out what the token
 * locks.
 */
export function setup(setup: Readonly<Record<string, unknown>>, handle: string | null): ClientMessage {
  return { setup: { ...setup, sessionResumption: handle === null ? {} : { handle } } };
}

/** 16 kHz, signed 16-bit little endian, mono. */
export function audio(pcm: Int16Array): ClientMessage {
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return { realtimeInput: { audio: { data: toBase64(bytes), mimeType: "audio/pcm;rate=16000" } } };
}

export function video(jpeg: Uint8Array): ClientMessage {
  return { realtimeInput: { video: { data: toBase64(jpeg), mimeType: "image/jpeg" } } };
}

export function text(words: string): ClientMessage {
  return { realtimeInput: { text: words } };
}

/** The microphone has paused, so the sentence is complete. Only with automatic turn detection. */
export function audioStreamEnd(): ClientMessage {
  return { realtimeInput: { audioStreamEnd: true } };
}

/** Push-to-talk. Only without automatic turn detection. */
export function activityStart(): ClientMessage {
  return { realtimeInput: { activityStart: {} } };
}

export function activityEnd(): ClientMessage {
  return { realtimeInput: { activityEnd: {} } };
}

/** Append to the history. `turnComplete` requests an answer, and interrupts. */
export function clientContent(turns: readonly Content[], turnComplete: boolean): ClientMessage {
  return { clientContent: { turns, turnComplete } };
}

export function toolResponse(functionResponses: readonly FunctionResponse[]): ClientMessage {
  return { toolResponse: { functionResponses } };
}

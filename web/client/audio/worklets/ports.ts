/**
 * The messages on the ports of the two worklets. Sound is sent as plain ArrayBuffers of 16-bit samples.
 */

/** Gemini expects 16 kHz and sends 24 kHz (ai.google.dev, Live API). */
export const HEARING_HZ = 16_000;
export const SPEAKING_HZ = 24_000;
export const CHUNK_MS = 20;

/** Page to capture. */
export type CaptureOrder =
  | { readonly wire: MessagePort }
  /** `silenceMs`: how much silence follows when the gate shuts. */
  | { readonly open: boolean; readonly silenceMs: number };
/** Capture to page: loudness, 0 to 1. */
export interface CaptureReport {
  readonly level: number;
}
/** Capture to wire, in order: a chunk, or a change of the gate. */
export type Captured = ArrayBuffer | "open" | "shut";

/** Wire to playback: a chunk; the turn is complete; or discard what was not played. */
export type ToPlay = ArrayBuffer | "end" | "flush";
/** Page to playback. */
export interface PlaybackOrder {
  readonly wire: MessagePort;
}
/** Playback to page. */
export interface PlaybackReport {
  readonly level: number;
  readonly playing: boolean;
}

/** What crosses the ports of the two worklets. Sound crosses as bare ArrayBuffers, 16-bit. */

/** Gemini hears 16 kHz, and speaks 24 kHz (ai.google.dev, Live API). */
export const HEARING_HZ = 16_000;
export const SPEAKING_HZ = 24_000;
export const CHUNK_MS = 20;

/** Page to capture. */
export type CaptureOrder = { readonly wire: MessagePort } | { readonly open: boolean };
/** Capture to page: loudness, 0 to 1. */
export interface CaptureReport {
  readonly level: number;
}
/** Capture to wire, in the order in which it happened: a chunk, or the gate moved. */
export type Captured = ArrayBuffer | "open" | "shut";

/** Wire to playback: a chunk; all of the turn was sent; throw away what was not played. */
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

/** For tests: a socket without a network. */

import type { Grant } from "./protocol.ts";

/** A browser's WebSocket, controlled by the test. */
export class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static last: FakeSocket;
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  readonly sent: unknown[] = [];
  readonly closed: number[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.last = this;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  /** Have Gemini say something. */
  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code: number): void {
    this.closed.push(code);
  }
}

export const GRANT: Grant = {
  url: "wss://gemini.test/ws",
  token: "auth_tokens/1",
  setup: { model: "models/m" },
  expiresInMs: 1,
  renewInMs: 1,
  sessions: 1,
  resumptions: Infinity,
};

/** Replaces Gemini where a test needs the time of every frame, and sends what the test tells it to. */

import { once } from "node:events";
import { type WebSocket, WebSocketServer } from "ws";

/** Samples in one message. */
const CHUNK = 2400;

export interface Frame {
  readonly message: Readonly<Record<string, unknown>>;
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  readonly socket: number;
}

export class Recorder {
  readonly frames: Frame[] = [];
  readonly #server: WebSocketServer;
  readonly #sockets: WebSocket[] = [];
  /** Milliseconds from `setup` to `setupComplete`. */
  setupMs = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async start(): Promise<Recorder> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    return new Recorder(server);
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `ws://127.0.0.1:${address.port}`;
  }

  /** The sound that was received, as bytes. */
  get sound(): readonly { at: number; pcm: Int16Array; socket: number }[] {
    return this.frames.flatMap(({ message, at, socket }) => {
      const { audio } = (message.realtimeInput ?? {}) as { audio?: { data: string } };
      if (audio === undefined) return [];
      const bytes = Buffer.from(audio.data, "base64");
      return [{ at, socket, pcm: new Int16Array(new Uint8Array(bytes).buffer) }];
    });
  }

  /** Send a message over the newest connection; return when. */
  say(message: object): number {
    this.#sockets.at(-1)?.send(Buffer.from(JSON.stringify(message)));
    return Date.now();
  }

  /** Send a tone of 440 Hz, in messages of 100 ms all at once; return when the first was sent. */
  sing(seconds: number): number {
    const samples = Int16Array.from({ length: 24_000 * seconds }, (_, at) =>
      Math.round(12_000 * Math.cos((2 * Math.PI * 440 * at) / 24_000)),
    );
    const messages = Array.from({ length: Math.ceil(samples.length / CHUNK) }, (_, n) => {
      const data = Buffer.from(samples.slice(n * CHUNK, (n + 1) * CHUNK).buffer).toString("base64");
      const inlineData = { mimeType: "audio/pcm;rate=24000", data };
      return { serverContent: { modelTurn: { parts: [{ inlineData }] } } };
    });
    const [at] = messages.map((message) => this.say(message));
    return at ?? Number.NaN;
  }

  /** Cut the newest connection; return when. */
  cut(): number {
    this.#sockets.at(-1)?.terminate();
    return Date.now();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: WebSocket): void {
    const number = this.#sockets.push(socket);
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as Readonly<Record<string, unknown>>;
      this.frames.push({ message, at: Date.now(), socket: number });
      if (!("setup" in message)) return;
      setTimeout(() => {
        socket.send(Buffer.from('{"setupComplete":{}}'));
        const update = { newHandle: `handle-${number}`, resumable: true };
        socket.send(Buffer.from(JSON.stringify({ sessionResumptionUpdate: update })));
      }, this.setupMs);
    });
  }
}

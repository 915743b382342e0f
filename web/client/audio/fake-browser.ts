/**
 * For tests: what a browser has of sound, as harsh as the harshest. Each manner names its source.
 */

import { vi } from "vitest";

interface Plugged {
  readonly kind: MediaDeviceKind;
  readonly deviceId: string;
  readonly label: string;
}

export class FakeTrack extends EventTarget {
  readonly kind = "audio";
  enabled = true;
  muted = false;
  readyState: MediaStreamTrackState = "live";

  constructor(private readonly deviceId: string) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  /** Fires nothing (Media Capture and Streams, 4.3.1). */
  stop(): void {
    this.readyState = "ended";
  }

  /** Unplugged, revoked or taken by the system. */
  lose(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

export class FakeStream {
  readonly tracks: readonly FakeTrack[];

  constructor(...tracks: FakeTrack[]) {
    this.tracks = tracks;
  }

  getTracks(): readonly FakeTrack[] {
    return this.tracks;
  }

  getAudioTracks(): readonly FakeTrack[] {
    return this.tracks;
  }
}

export class FakeDevices extends EventTarget {
  readonly opened: FakeTrack[] = [];
  /** The names of errors, by device id. */
  readonly refused = new Map<string, string>();
  /** What a device id waits for. */
  readonly slow = new Map<string, Promise<void>>();

  constructor(public plugged: readonly Plugged[]) {
    super();
  }

  get open(): readonly string[] {
    return this.opened
      .filter(({ readyState }) => readyState === "live")
      .map((track) => track.getSettings().deviceId ?? "");
  }

  async enumerateDevices(): Promise<readonly Plugged[]> {
    return this.plugged;
  }

  /** The system's is the first of its kind (Media Capture and Streams, 9.2). */
  async getUserMedia({ audio }: { audio: MediaTrackConstraints }): Promise<FakeStream> {
    const { exact } = audio.deviceId as { exact?: string };
    await this.slow.get(exact ?? "");
    const found = this.plugged.find(
      ({ kind, deviceId }) => kind === "audioinput" && (exact === undefined || deviceId === exact),
    );
    const refused = this.refused.get(exact ?? "");
    if (refused !== undefined) throw new DOMException("Permission denied", refused);
    // Not an Error in every browser (blink: OverconstrainedError had no prototype of DOMException).
    if (found === undefined && exact !== undefined) throw { name: "OverconstrainedError" };
    if (found === undefined) throw new DOMException("Requested device not found", "NotFoundError");
    const track = new FakeTrack(found.deviceId);
    this.opened.push(track);
    return new FakeStream(track);
  }

  change(...plugged: Plugged[]): void {
    this.plugged = plugged;
    this.dispatchEvent(new Event("devicechange"));
  }
}

class FakeNode {
  readonly port = new FakePort();

  constructor(_context?: unknown, name = "") {
    if (name !== "") FakeNode.made.set(name, this);
  }

  static readonly made = new Map<string, FakeNode>();
  readonly to: unknown[] = [];

  connect(node: unknown): void {
    this.to.push(node);
  }

  disconnect(): void {
    this.to.length = 0;
  }
}

class FakePort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  postMessage(): void {}
}

export class FakeContext {
  static last: FakeContext;
  static permitted = true;
  /** Firefox cannot join rates that differ. */
  static joins = true;
  state = "suspended";
  currentTime = 0;
  resumed = 0;
  onstatechange: (() => void) | null = null;
  readonly destination = new FakeNode();
  readonly audioWorklet = { addModule: async () => {} };

  constructor() {
    FakeContext.last = this;
  }

  /**
   * Rejects while interrupted, and moves to suspended (GetStream/stream-video-js#2249). Without
   * permission it stays pending (Web Audio API, resume).
   */
  async resume(): Promise<void> {
    this.resumed += 1;
    if (this.state === "interrupted") {
      this.become("suspended");
      throw new DOMException("interrupted", "InvalidStateError");
    }
    if (!FakeContext.permitted) return new Promise(() => {});
    this.become("running");
  }

  become(state: string): void {
    if (state === this.state) return;
    this.state = state;
    queueMicrotask(() => this.onstatechange?.());
  }

  createMediaStreamSource(): FakeNode {
    if (!FakeContext.joins) throw new DOMException("sample-rate", "NotSupportedError");
    return new FakeNode();
  }

  createMediaStreamDestination(): object {
    return { stream: {} };
  }

  async close(): Promise<void> {
    this.state = "closed";
  }
}

export class FakeBrowser {
  readonly devices: FakeDevices;
  readonly audioSession = { type: "auto" };
  readonly userActivation = { hasBeenActive: true };
  /** The speakers that were asked for, in order of success. */
  readonly sinks: string[] = [];
  readonly slowSinks = new Map<string, Promise<void>>();

  constructor(...plugged: Plugged[]) {
    const devices = new FakeDevices(plugged);
    const { audioSession, userActivation, sinks, slowSinks } = this;
    this.devices = devices;
    FakeContext.permitted = FakeContext.joins = true;
    vi.useFakeTimers();
    vi.stubGlobal("navigator", { mediaDevices: devices, audioSession, userActivation });
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("location", new URL("http://localhost/"));
    vi.stubGlobal("document", Object.assign(new EventTarget(), { baseURI: "http://localhost/" }));
    vi.stubGlobal("AudioContext", FakeContext);
    vi.stubGlobal("AudioWorkletNode", FakeNode);
    vi.stubGlobal(
      "Audio",
      class {
        async setSinkId(id: string): Promise<void> {
          await slowSinks.get(id);
          const found = devices.plugged.some(({ deviceId }) => deviceId === id);
          if (!found) throw new DOMException("gone", "NotFoundError");
          sinks.push(id);
        }

        async play(): Promise<void> {}
        pause(): void {}
      },
    );
  }

  get context(): FakeContext {
    return FakeContext.last;
  }

  /** Let time pass; while the context runs, so does its own, and the capture worklet reports a level. */
  async pass(seconds: number, level: number | null = 0.1): Promise<void> {
    for (let tenth = 0; tenth < seconds * 10; tenth += 1) {
      const runs = this.context.state === "running";
      if (runs) this.context.currentTime += 0.1;
      if (runs && level !== null)
        FakeNode.made.get("livepass-capture")?.port.onmessage?.({ data: { level } });
      await vi.advanceTimersByTimeAsync(100);
    }
  }

  leave(): void {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  }
}

export function microphone(deviceId: string): Plugged {
  return { kind: "audioinput", deviceId, label: `Microphone ${deviceId}` };
}

export function speaker(deviceId: string): Plugged {
  return { kind: "audiooutput", deviceId, label: `Speaker ${deviceId}` };
}

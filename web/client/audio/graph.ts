/**
 * One AudioContext, at the device's own rate, for both directions: microphone to capture worklet, and
 * playback worklet to speaker.
 */

import { LiveError } from "../errors.ts";
import { scriptUrl } from "../script-url.ts";
import { stopTracks } from "./microphone.ts";
import type { CaptureOrder, CaptureReport, PlaybackReport } from "./worklets/ports.ts";
import workletUrl from "./worklets/voice.worklet.ts?worker&url";

export interface GraphEvents {
  captured(report: CaptureReport): void;
  played(report: PlaybackReport): void;
}

export class AudioGraph {
  readonly context: AudioContext;
  /** The speaker in use, or asked for. */
  sink: string;
  readonly #events: GraphEvents;
  readonly #session = (navigator as { audioSession?: { type: string } }).audioSession;
  readonly #sessionType = this.#session?.type;
  #capture: AudioWorkletNode | null = null;
  #playback: AudioWorkletNode | null = null;
  #stream: MediaStream | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #element: HTMLAudioElement | null = null;

  /** Call it in a tap's handler, before any await; otherwise browsers keep the context silent. */
  constructor(events: GraphEvents) {
    if (typeof AudioWorkletNode === "undefined") throw new LiveError("unsupported");
    // iOS: otherwise the voice comes from the earpiece, or is silent when the ringer is off.
    if (this.#session) this.#session.type = "play-and-record";
    this.sink = "";
    this.context = new AudioContext();
    this.#events = events;
    this.context.onstatechange = () => this.resume();
    this.resume();
  }

  /**
   * Only what is suspended: resuming what is interrupted rejects, and leaves WebKit's context running
   * without sound (GetStream/stream-video-js#2249).
   */
  resume(): void {
    if (this.context.state === "suspended") this.context.resume().catch(() => {});
  }

  get microphone(): AudioNode | null {
    return this.#source;
  }

  get speaker(): AudioNode | null {
    return this.#playback;
  }

  get stream(): MediaStream | null {
    return this.#stream;
  }

  /** Load the worklets and connect them. Returns the wire's ends of their ports. */
  async open(): Promise<{ capture: MessagePort; playback: MessagePort }> {
    const { audioWorklet, destination } = this.context;
    await audioWorklet.addModule(scriptUrl(workletUrl));
    const capture = new AudioWorkletNode(this.context, "livepass-capture", {
      channelCount: 1,
      channelCountMode: "explicit",
    });
    const playback = new AudioWorkletNode(this.context, "livepass-playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    capture.port.onmessage = ({ data }) => this.#events.captured(data as CaptureReport);
    playback.port.onmessage = ({ data }) => this.#events.played(data as PlaybackReport);
    this.#source?.connect(capture);
    capture.connect(destination); // silent; not every browser runs a node that is connected to nothing
    playback.connect(destination);
    this.#capture = capture;
    this.#playback = playback;
    return { capture: portOf(capture), playback: portOf(playback) };
  }

  /**
   * Switch to this microphone, then release the previous one. Throws `microphone-unavailable`, and
   * releases this one, where its rate is not the context's (Firefox: bugzilla.mozilla.org 1674892).
   */
  listenTo(stream: MediaStream): void {
    let source;
    try {
      source = this.context.createMediaStreamSource(stream);
      if (this.#capture !== null) source.connect(this.#capture);
    } catch {
      stopTracks(stream);
      throw new LiveError("microphone-unavailable");
    }
    this.#source?.disconnect();
    stopTracks(this.#stream);
    this.#source = source;
    this.#stream = stream;
  }

  /** Open or close the microphone without releasing it; after closing, so much silence follows. */
  gate(open: boolean, silenceMs: number): void {
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = open;
    this.#capture?.port.postMessage({ open, silenceMs } satisfies CaptureOrder);
  }

  /**
   * Use this speaker, unless another is asked for meanwhile; empty is the system's. A chosen one is reached through an audio element, because
   * AudioContext.setSinkId turns off Chrome's echo cancellation (ricky0123/vad#159). Rejects with
   * `speaker-unavailable`.
   */
  async speakThrough(id: string): Promise<void> {
    const { context } = this;
    const playback = this.#playback;
    if (playback === null || (id === "" && this.sink === "")) return;
    this.sink = id;
    let to: AudioNode = context.destination;
    let element: HTMLAudioElement | null = null;
    if (id !== "") {
      const stream = context.createMediaStreamDestination();
      to = stream;
      element = new Audio();
      element.srcObject = stream.stream;
      try {
        await element.setSinkId(id);
        await element.play();
      } catch {
        if (this.sink === id) throw new LiveError("speaker-unavailable");
      }
      if (this.sink !== id) return element.pause();
    }
    playback.disconnect();
    playback.connect(to);
    this.#element?.pause();
    this.#element = element;
  }

  async close(): Promise<void> {
    this.#element?.pause();
    stopTracks(this.#stream);
    this.#stream = null;
    await this.context.close();
    // Otherwise the page keeps other apps' sound away (w3c.github.io/audio-session).
    if (this.#session && this.#sessionType) this.#session.type = this.#sessionType;
  }
}

/** A port from a worklet directly to the wire, bypassing the page. */
function portOf(node: AudioWorkletNode): MessagePort {
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage({ wire: port1 }, [port1]);
  return port2;
}

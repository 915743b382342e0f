/** Our frames are the ones that Google's SDK sends, compared with a recording of it. */

import { GoogleGenAI, type LiveConnectConfig, Modality, type Session } from "@google/genai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as messages from "../client/wire/messages.ts";
import { Recorder } from "./live/recorder.ts";

const MODEL = "gemini-3.8-live";

let recorder: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start();
});

afterAll(async () => {
  await recorder.stop();
});

async function connect(config: LiveConnectConfig): Promise<Session> {
  const client = new GoogleGenAI({
    apiKey: "auth_tokens/0123",
    httpOptions: { apiVersion: "v1beta", baseUrl: recorder.url.replace("ws:", "http:") },
  });
  return client.live.connect({ model: MODEL, config, callbacks: { onmessage: () => {} } });
}

/** The frame that the SDK sends for this call. */
async function frame(send: (session: Session) => void): Promise<unknown> {
  const session = await connect({ responseModalities: [Modality.AUDIO] });
  const before = recorder.frames.length;
  send(session);
  await expect.poll(() => recorder.frames.length).toBe(before + 1);
  session.close();
  return recorder.frames[before]?.message;
}

describe("as the SDK sends it:", () => {
  test.each([
    ["afresh", null, {}],
    ["resumed", "handle-9", { handle: "handle-9" }],
  ])("a setup, %s", async (_, handle, sessionResumption) => {
    const before = recorder.frames.length;
    const session = await connect({
      responseModalities: [Modality.AUDIO],
      temperature: 0.7,
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
      inputAudioTranscription: {},
      sessionResumption,
    });
    session.close();
    const setup = {
      model: `models/${MODEL}`,
      generationConfig: {
        responseModalities: ["AUDIO"],
        temperature: 0.7,
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
      },
      inputAudioTranscription: {},
    };

    expect(recorder.frames[before]?.message).toEqual(messages.setup(setup, handle));
  });

  test("sound", async () => {
    const pcm = Int16Array.from({ length: 320 }, (_, i) => i * 100 - 16_000);
    const data = Buffer.from(pcm.buffer).toString("base64");

    const theirs = await frame((session) =>
      session.sendRealtimeInput({ audio: { data, mimeType: "audio/pcm;rate=16000" } }),
    );

    expect(messages.audio(pcm)).toEqual(theirs);
  });

  test("a frame of video", async () => {
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
    const data = Buffer.from(jpeg).toString("base64");

    const theirs = await frame((session) =>
      session.sendRealtimeInput({ video: { data, mimeType: "image/jpeg" } }),
    );

    expect(messages.video(jpeg)).toEqual(theirs);
  });

  test("text", async () => {
    const theirs = await frame((session) => session.sendRealtimeInput({ text: "Hello" }));

    expect(messages.text("Hello")).toEqual(theirs);
  });

  test("the beginning, the end and a pause of speech", async () => {
    const theirs = [
      await frame((session) => session.sendRealtimeInput({ activityStart: {} })),
      await frame((session) => session.sendRealtimeInput({ activityEnd: {} })),
      await frame((session) => session.sendRealtimeInput({ audioStreamEnd: true })),
    ];

    const { activityStart, activityEnd, audioStreamEnd } = messages;
    expect([activityStart(), activityEnd(), audioStreamEnd()]).toEqual(theirs);
  });

  test("turns of before", async () => {
    const turns = [{ role: "user", parts: [{ text: "We spoke of trains." }] }] as const;

    const theirs = await frame((session) =>
      session.sendClientContent({
        turns: turns.map(({ role, parts }) => ({ role, parts: [...parts] })),
        turnComplete: false,
      }),
    );

    expect(messages.clientContent(turns, false)).toEqual(theirs);
  });

  test("the answer of a tool", async () => {
    const answer = { id: "7", name: "get_weather", response: { output: { sky: "clear" } } };

    const theirs = await frame((session) => session.sendToolResponse({ functionResponses: [answer] }));

    expect(messages.toolResponse([answer])).toEqual(theirs);
  });
});

// @google/genai, by the name it is installed under: a talk on a vended token, and after a loss the
// same talk with its handle.

import {casesOf, playEach} from './stage.mjs';

const {GoogleGenAI} = await import(process.argv[2]);

const opener = ({token, connect}) => {
  const httpOptions = {baseUrl: connect.baseUrl, apiVersion: connect.apiVersion};
  const ai = new GoogleGenAI({apiKey: token, httpOptions});
  return async (talk, {handle, seeding}) => {
    const historyConfig = seeding ? {initialHistoryInClientContent: true} : undefined;
    let ready, refuse;
    const set = new Promise((done, fail) => ([ready, refuse] = [done, fail]));
    const opened = ai.live.connect({
      model: connect.model,
      config: {sessionResumption: {handle}, historyConfig},
      callbacks: {
        onmessage: (message) => {
          if (message.setupComplete) ready();
          talk.take(heard(message));
        },
        onclose: (event) => {
          refuse(new Error(`closed with ${event.code} ${event.reason}`));
          talk.take({closed: true});
        },
      },
    });
    const session = await Promise.race([opened, set.then(() => opened)]);
    if (!session.setupComplete) await set; // the oldest resolve as soon as the socket is open
    return line(session);
  };
};

function heard({serverContent = {}, toolCall, sessionResumptionUpdate, data}) {
  return {
    said: serverContent.outputTranscription?.text,
    interrupted: serverContent.interrupted,
    turnOver: serverContent.turnComplete,
    sound: serverContent.modelTurn?.parts?.some((part) => part.inlineData),
    calls: toolCall?.functionCalls,
    handle: sessionResumptionUpdate?.resumable && sessionResumptionUpdate.newHandle,
  };
}

const line = (session) => ({
  say: (text) => session.sendRealtimeInput({text}),
  speak: (data) => session.sendRealtimeInput({audio: {data, mimeType: 'audio/pcm;rate=16000'}}),
  answer: ({id, name}, output) =>
    session.sendToolResponse({functionResponses: [{id, name, response: {output}}]}),
  seed: (turns) =>
    session.sendClientContent({
      turns: turns.map(([role, text]) => ({role, parts: [{text}]})),
      turnComplete: true,
    }),
  close: () => session.close(),
});

await playEach((name, minted) => casesOf(opener(minted))(name));

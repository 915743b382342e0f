// @ai-sdk/google: its realtime model writes and reads the messages; the socket is the platform's own.

import {createGoogle} from '@ai-sdk/google';
import WebSocket from 'ws';

import {casesOf, playEach} from './stage.mjs';

const opener = ({token, connect}) => {
  const google = createGoogle({apiKey: 'unused: the token is in the address'});
  const model = google.experimental_realtime(connect.model.replace('models/', ''));
  return async (talk, {handle, seeding}) => {
    const socket = new WebSocket(model.getWebSocketConfig({token, url: connect.url}).url);
    const send = async (event) => {
      const message = await model.serializeClientEvent(event);
      if (message) socket.send(JSON.stringify(message));
    };
    const providerOptions = {
      sessionResumption: {handle},
      ...(seeding && {historyConfig: {initialHistoryInClientContent: true}}),
    };
    const parse = model.createServerEventParser();
    await new Promise((opened, refuse) => {
      socket.on('open', () => send({type: 'session-update', config: {providerOptions}}));
      socket.on('message', (data) => {
        for (const event of [parse(JSON.parse(data))].flat()) {
          if (event.type === 'session-created') opened();
          talk.take(heard(event));
        }
      });
      socket.on('error', refuse);
      socket.on('close', (code, reason) => {
        refuse(new Error(`closed with ${code} ${reason}`));
        talk.take({closed: true});
      });
    });
    return line(socket, send);
  };
};

function heard(event) {
  const update = event.raw?.sessionResumptionUpdate;
  return {
    said: event.type === 'audio-transcript-delta' && event.delta,
    interrupted: event.type === 'speech-started',
    turnOver: event.type === 'response-done',
    sound: event.type === 'audio-delta',
    calls: event.type === 'function-call-arguments-done' && [event],
    handle: update?.resumable && update.newHandle,
  };
}

const line = (socket, send) => ({
  say: (text) => send({type: 'conversation-item-create', item: {type: 'text-message', role: 'user', text}}),
  speak: (audio) => send({type: 'input-audio-append', audio}),
  answer: ({callId, name}, output) =>
    send({
      type: 'conversation-item-create',
      item: {type: 'function-call-output', callId, name, output},
    }),
  seed: async (turns) => {
    for (const [role, text] of turns)
      await send({type: 'conversation-item-create', item: {type: 'text-message', role, text}});
  },
  close: () => socket.close(),
});

await playEach((name, minted) => casesOf(opener(minted))(name));

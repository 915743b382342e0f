// Opens a Live session with Google's own client: node live_session.mjs, the request as JSON on
// stdin, what happened as JSON on stdout.
import { GoogleGenAI } from '@google/genai';

const PATIENCE_MS = 8000;

const { token, baseUrl, apiVersion, model, config, text } = JSON.parse(
  await new Response(process.stdin).text(),
);
const told = { opened: false, setupComplete: false, turnComplete: false, said: '', code: 0, reason: '' };
const over = Promise.withResolvers?.() ?? deferred();

const ai = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl, apiVersion } });
const session = await ai.live.connect({
  model,
  config,
  callbacks: {
    onopen: () => { told.opened = true; },
    onmessage: (message) => {
      const content = message.serverContent;
      told.setupComplete ||= message.setupComplete !== undefined;
      told.said += content?.outputTranscription?.text ?? '';
      if (content?.turnComplete) { told.turnComplete = true; over.resolve(); }
    },
    onclose: ({ code, reason }) => { Object.assign(told, { code, reason }); over.resolve(); },
    onerror: () => {},
  },
}).catch((error) => { told.reason ||= String(error); over.resolve(); });

session?.sendClientContent({ turns: [{ role: 'user', parts: [{ text }] }], turnComplete: true });
const timer = setTimeout(over.resolve, PATIENCE_MS);
await over.promise;
clearTimeout(timer);
session?.close();
process.stdout.write(JSON.stringify(told));

function deferred() {
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}

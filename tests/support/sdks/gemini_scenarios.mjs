// What @google/genai must be able to do with the emulator, under Node and in a browser alike: each scenario is
// given the SDK unpatched, and throws where the SDK was not served as the real service would serve it.

const MODEL = 'gemini-3.8-live';
const BLOCKING_MODEL = 'gemini-3.1-flash-live-preview';
const PATIENCE_MS = 10_000;
const RATE = 16_000;

export const scenarios = {
  'connects with a token it minted': async (gemini) => {
    const token = await gemini.mint();

    const talk = await gemini.talk({token});

    expect(talk.session.setupComplete !== undefined, 'setupComplete is there');
    talk.close();
  },

  'is told why a used token opens nothing': async (gemini) => {
    const token = await gemini.mint();
    (await gemini.talk({token})).close();

    const refusal = await gemini.talk({token}).then(() => null, (error) => error);

    expect(/used too many times/.test(refusal?.message), `refused with ${refusal?.message}`);
  },

  'locks what it set, every object one level down, and is let in': async (gemini) => {
    const config = {
      responseModalities: [gemini.sdk.Modality.AUDIO],
      realtimeInputConfig: {automaticActivityDetection: {disabled: true}},
      contextWindowCompression: {slidingWindow: {}},
      tools: weather(),
    };
    const token = await gemini.mint({
      liveConnectConstraints: {model: MODEL, config},
      lockAdditionalFields: [],
    });

    const [minted] = await gemini.control('GET', 'journal?kind=mint');
    const paths = JSON.parse(minted.body).fieldMask.split(',').sort().join();
    const expected = [
      'contextWindowCompression.slidingWindow',
      'generationConfig.responseModalities',
      'model',
      'realtimeInputConfig.automaticActivityDetection',
      'tools',
    ].join();
    expect(paths === expected, `locked ${paths}`);
    (await gemini.talk({token})).close();
  },

  'knows some fields of the generation by name, but not all, and is refused': async (gemini) => {
    const minting = gemini.mint({
      liveConnectConstraints: {model: MODEL},
      lockAdditionalFields: ['temperature', 'thinkingConfig', 'mediaResolution'],
    });

    const refusal = await minting.then(() => null, (error) => error);

    const [minted] = await gemini.control('GET', 'journal?kind=mint');
    const paths = JSON.parse(minted.body).fieldMask;
    const expected = 'model,generationConfig.temperature,thinkingConfig,mediaResolution';
    expect(paths === expected, `locked ${paths}`);
    expect(refusal?.status === 400, `refused with ${refusal?.status}`);
  },

  'is told of a version with no tokens, and no more than that': async (gemini) => {
    const httpOptions = {baseUrl: gemini.baseUrl};
    const unpinned = new gemini.sdk.GoogleGenAI({apiKey: 'key', httpOptions});

    const refusal = await unpinned.authTokens.create({config: {uses: 1}}).then(() => null, (error) => error);

    expect(refusal?.status === 404, `refused with ${refusal?.status}`);
    const [minted] = await gemini.control('GET', 'journal?kind=mint');
    expect(minted.version === 'v1', `asked ${minted.version}`);
  },

  'types and is answered in sound and words': async (gemini) => {
    const talk = await gemini.talk();

    talk.session.sendClientContent({turns: 'hello there'});
    await talk.turn();

    expect(talk.said() === 'You wrote: hello there', `said ${talk.said()}`);
    expect(talk.soundSeconds() > 0.5, `${talk.soundSeconds()} s of sound`);
    talk.close();
  },

  'speaks and hears itself, with the words of both': async (gemini) => {
    await gemini.control('PATCH', 'settings', {recognised: ['good morning']});
    const talk = await gemini.talk({config: {inputAudioTranscription: {}}});

    talk.speak(1.5);
    talk.speak(1, 0);
    await talk.turn();

    expect(talk.heard() === 'good morning', `heard ${talk.heard()}`);
    expect(talk.said() === 'good morning', `said ${talk.said()}`);
    expect(talk.soundSeconds() > 1.4, `${talk.soundSeconds()} s of sound`);
    const order = talk.marks();
    expect(order.join() === 'generationComplete,turnComplete', `in order: ${order}`);
    expect(talk.usage().totalTokenCount > 0, 'usage is counted');
    talk.close();
  },

  'speaks over it and interrupts': async (gemini) => {
    const talk = await gemini.talk();
    talk.speak(20);
    talk.speak(1, 0);
    await talk.until((message) => message.data);

    talk.speak(0.2);
    await talk.turn();

    expect(talk.marks().join() === 'interrupted,turnComplete', `in order: ${talk.marks()}`);
    talk.close();
  },

  'calls a tool and speaks of its answer': async (gemini) => {
    const talk = await gemini.talk({config: {tools: weather()}});

    talk.session.sendRealtimeInput({text: 'What is the weather in Paris?'});
    const {toolCall} = await talk.until((message) => message.toolCall);
    const [call] = toolCall.functionCalls;
    talk.session.sendToolResponse({
      functionResponses: [{id: call.id, name: call.name, response: {output: 'sunny'}}],
    });
    await talk.turn();

    expect(call.name === 'get_weather' && call.args.city === 'Paris', JSON.stringify(call));
    expect(talk.said() === 'get_weather says: sunny', `said ${talk.said()}`);
    talk.close();
  },

  'is told that a tool is cancelled when it speaks over it': async (gemini) => {
    const talk = await gemini.talk({model: BLOCKING_MODEL, config: {tools: weather()}});
    talk.session.sendRealtimeInput({text: 'get weather'});
    const {toolCall} = await talk.until((message) => message.toolCall);

    talk.speak(0.2);
    const {toolCallCancellation} = await talk.until((message) => message.toolCallCancellation);

    expect(toolCallCancellation.ids[0] === toolCall.functionCalls[0].id, 'the same call');
    talk.close();
  },

  'resumes with the same token, and nothing is forgotten': async (gemini) => {
    const token = await gemini.mint();
    const first = await gemini.talk({token});
    const {sessionResumptionUpdate} = await first.until(
      (message) => message.sessionResumptionUpdate?.resumable,
    );
    first.session.sendClientContent({turns: 'my name is Ada'});
    await first.turn();
    first.close();
    await first.closed; // while it holds the talk, nobody else can

    const handle = sessionResumptionUpdate.newHandle;
    const second = await resumed(gemini, token, handle);
    second.session.sendClientContent({turns: 'recap'});
    await second.turn();

    expect(second.said() === 'You said: my name is Ada', `said ${second.said()}`);
    second.close();
  },

  'is warned before the connection ends': async (gemini) => {
    const talk = await gemini.talk();

    const fault = {on: 'open', do: 'go_away', time_left_s: 2.5};
    await gemini.control('POST', 'faults', fault);
    const {goAway} = await talk.until((message) => message.goAway);

    expect(goAway.timeLeft === '2.5s', goAway.timeLeft);
    expect((await talk.closed).code === 1000, 'an orderly end');
  },
};

// A closed socket is let go of a moment after its browser knows: until then a resume is told 1011.
async function resumed(gemini, token, handle) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await gemini.talk({token, config: {sessionResumption: {handle}}});
    } catch (error) {
      if (attempt === 10 || !String(error).includes('code 1011')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

export async function runAll(sdk, baseUrl) {
  const results = {};
  for (const [name, scenario] of Object.entries(scenarios)) {
    const gemini = new Gemini(sdk, baseUrl);
    await gemini.control('POST', 'reset');
    await gemini.control('PATCH', 'settings', {speed: 5});
    results[name] = await scenario(gemini).then(() => 'passed', (error) => String(error.stack ?? error));
  }
  return results;
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(`not so: ${otherwise}`);
}

function weather() {
  const parameters = {type: 'OBJECT', properties: {city: {type: 'STRING'}}};
  return [{functionDeclarations: [{name: 'get_weather', parameters}]}];
}

class Gemini {
  constructor(sdk, baseUrl) {
    this.sdk = sdk;
    this.baseUrl = baseUrl;
  }

  client(apiKey) {
    const httpOptions = {baseUrl: this.baseUrl, apiVersion: 'v1beta'};
    return new this.sdk.GoogleGenAI({apiKey, httpOptions});
  }

  async mint(config = {}) {
    return (await this.client('key').authTokens.create({config: {uses: 1, ...config}})).name;
  }

  async talk({token, model = MODEL, config = {}} = {}) {
    const client = this.client(token ?? (await this.mint()));
    return Talk.open(client, model, {responseModalities: [this.sdk.Modality.AUDIO], ...config});
  }

  async control(method, path, body) {
    const headers = body ? {'Content-Type': 'application/json'} : {};
    const url = `${this.baseUrl}/_emulator/${path}`;
    const answer = await fetch(url, {method, headers, body: body && JSON.stringify(body)});
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${text}`);
    return text && JSON.parse(text);
  }
}

class Talk {
  static async open(client, model, config) {
    const talk = new Talk();
    talk.closed = new Promise((resolve) => (talk.onclose = resolve));
    const callbacks = {
      onmessage: (message) => talk.take(message),
      onclose: (event) => talk.onclose(event),
    };
    talk.session = await client.live.connect({model, config, callbacks});
    return talk;
  }

  messages = [];
  waiting = [];
  read = 0;

  take(message) {
    this.messages.push(message);
    this.waiting.splice(0).forEach((wake) => wake());
  }

  // The next message that is not read yet and is as asked for.
  async until(isIt) {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (!deadline.aborted) {
      while (this.read < this.messages.length) {
        const message = this.messages[this.read++];
        if (isIt(message)) return message;
      }
      await new Promise((resolve) => {
        this.waiting.push(resolve);
        setTimeout(resolve, 100);
      });
    }
    throw new Error(`waited in vain; there was ${JSON.stringify(this.messages).slice(0, 2000)}`);
  }

  async turn() {
    await this.until((message) => message.serverContent?.turnComplete);
  }

  speak(seconds, loudness = 8000) {
    const samples = Int16Array.from({length: seconds * RATE}, (_, i) => loudness * Math.sin(i / 12));
    for (let start = 0; start < samples.length; start += RATE / 10) {
      const bytes = new Uint8Array(samples.slice(start, start + RATE / 10).buffer);
      const data = btoa(String.fromCharCode(...bytes));
      this.session.sendRealtimeInput({audio: {data, mimeType: `audio/pcm;rate=${RATE}`}});
    }
  }

  contents() {
    return this.messages.map((message) => message.serverContent ?? {});
  }

  said() {
    return this.contents().map((content) => content.outputTranscription?.text ?? '').join('');
  }

  heard() {
    return this.contents().map((content) => content.inputTranscription?.text ?? '').join('');
  }

  marks() {
    const names = ['interrupted', 'generationComplete', 'turnComplete'];
    return this.contents().flatMap((content) => names.filter((name) => content[name]));
  }

  soundSeconds() {
    const parts = this.contents().flatMap((content) => content.modelTurn?.parts ?? []);
    const bytes = parts.map((part) => atob(part.inlineData?.data ?? '').length);
    return bytes.reduce((sum, size) => sum + size, 0) / 2 / 24_000;
  }

  usage() {
    return this.messages.findLast((message) => message.usageMetadata)?.usageMetadata ?? {};
  }

  close() {
    this.session.close();
  }
}

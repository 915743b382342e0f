// What a program and whoever runs it say to each other: a line of JSON for each case, and lines of
// JSON for what the client saw of it. stage.py is the same for Python.

import {createInterface} from 'node:readline';

const RATE = 16_000;
const PATIENCE_MS = 40_000;

export const SEED = [
  ['user', 'my name is Ada'],
  ['model', 'hello Ada'],
];
export const LONG = 'a long story '.repeat(10);

export const tell = (what) => console.log(JSON.stringify(what));
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function playEach(play) {
  for await (const line of createInterface({input: process.stdin})) {
    const asked = JSON.parse(line);
    try {
      await Promise.race([play(asked.case, asked.minted), outOfPatience()]);
      tell({done: true});
    } catch (error) {
      tell({failed: String(error?.message ?? error), trace: String(error?.stack).slice(-2000)});
    }
  }
  process.exit();
}

function outOfPatience() {
  return new Promise((_, fail) => setTimeout(fail, PATIENCE_MS, new Error('waited in vain')).unref());
}

// A tone, or silence, in pieces as a microphone would send them: 16 bit, 16 kHz, in base64.
export function voice(seconds, loudness = 8000) {
  const samples = Int16Array.from({length: seconds * RATE}, (_, n) => loudness * Math.sin(n / 12));
  const bytes = Buffer.from(samples.buffer);
  const size = RATE / 5;
  return Array.from({length: Math.ceil(bytes.length / size)}, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size).toString('base64'),
  );
}

export const question = () => [...voice(1), ...voice(1, 0)];

// One talk, over as many connections as it takes. A client gives `open(handle, seeding)`, which
// resolves to what it sends with, and calls `take` with all that it hears.
export class Talk {
  handle = undefined;
  said = '';
  #heard = [];
  #read = 0;
  #wake = () => {};

  take(event) {
    if (event.handle) this.handle = event.handle;
    if (event.said) {
      tell({said: event.said});
      this.said += event.said;
    }
    if (event.interrupted) tell({interrupted: true});
    this.#heard.push(event);
    this.#wake();
  }

  // The next event that is not read yet and has that.
  async until(name) {
    for (;;) {
      while (this.#read < this.#heard.length) {
        const event = this.#heard[this.#read++];
        if (event[name]) return event[name];
      }
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  async handed() {
    if (!this.handle) await this.until('handle');
  }
}

// Every case, for a client that can `open(talk, {handle, seed})` to `{say, speak, answer, seed, close}`.
export function casesOf(open) {
  async function resumed(talk) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await open(talk, {handle: talk.handle});
      } catch (error) {
        if (attempt === 5) throw error;
        await pause(1000);
      }
    }
  }

  async function remembered(talk, leave) {
    const first = await open(talk, {});
    first.say('my name is Ada');
    await talk.until('turnOver');
    await talk.handed();
    await leave(first);
    await talk.until('closed');
    const second = await resumed(talk);
    second.say('recap');
    await talk.until('turnOver');
    second.close();
  }

  async function called(talk, text, output) {
    const line = await open(talk, {});
    line.say(text);
    for (const call of await talk.until('calls')) {
      tell({called: call.name, args: call.args ?? JSON.parse(call.arguments ?? '{}')});
      await line.answer(call, output);
    }
    // What does not block ends the turn that called it.
    while (!talk.said.includes(output)) await talk.until('turnOver');
    line.close();
  }

  const cases = {
    async text(talk) {
      const line = await open(talk, {});
      line.say('hello');
      await talk.until('turnOver');
      line.close();
    },
    async speech(talk) {
      const line = await open(talk, {});
      question().forEach(line.speak);
      await talk.until('turnOver');
      line.close();
    },
    function: (talk) => called(talk, 'open door please', 'opened'),
    parameters: (talk) => called(talk, 'set scene in the hall', 'arranged'),
    async interruption(talk) {
      const line = await open(talk, {});
      line.say(LONG);
      await talk.until('sound');
      question().forEach(line.speak);
      await talk.until('interrupted');
      line.close();
    },
    cut: (talk) => remembered(talk, () => tell({now: 'cut'})),
    goAway: (talk) => remembered(talk, () => tell({now: 'go_away'})),
    resume: (talk) => remembered(talk, (line) => line.close()),
    async history(talk) {
      const line = await open(talk, {seeding: true});
      await line.seed(SEED);
      line.say('recap');
      await talk.until('turnOver');
      line.close();
    },
  };
  return (name) => cases[name](new Talk());
}

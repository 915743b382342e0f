/**
 * Holds talks in Chromium, one after the other, as it is told on its standard input: a line of JSON for
 * each order, answered by a line. It runs inside a network namespace, which the browser then shares.
 *
 *   node tests/networks/driver.mjs SERVICE, the base URL of the emulator
 */

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { chromium } from "@playwright/test";
import { preview } from "vite";

const SERVICE = process.argv[2] ?? "";
const HERE = import.meta.dirname;
/** What is spoken must arrive as it was recorded: processing would take a second voice for noise. */
const PROCESSING = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const server = await preview({
  root: HERE,
  configFile: false,
  logLevel: "error",
  build: { outDir: resolve(HERE, "dist") },
  preview: {
    host: "127.0.0.1",
    port: 8091,
    proxy: { "/local/identity": { target: SERVICE, changeOrigin: true } },
  },
});
let talk = null;

const orders = {
  async begin({ microphone }) {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-audio-capture=${microphone}%noloop`,
      ],
    });
    const page = await browser.newPage();
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    const worker = page.waitForEvent("worker");
    await page.addInitScript(listenUnprocessed, PROCESSING);
    const query = new URLSearchParams({ api: SERVICE, user: `u${randomUUID()}`, tier: "hasty" });
    await page.goto(`http://127.0.0.1:8091/?${query}`);
    await page.locator("body[data-ready]").waitFor({ state: "attached" });
    const wire = await worker;
    await wire.evaluate(countSockets);
    talk = { browser, page, wire, said };
    await page.evaluate((host) => {
      window.harness.options = { wish: { tools: ["get_weather"] } };
      window.harness.alter = (_path, { connect }) => {
        if (connect?.url) connect.url = connect.url.replace(/127\.0\.0\.1:\d+/, host);
      };
    }, new URL(SERVICE).host);
    await page.getByRole("button").click();
    await page.waitForFunction(() => Boolean(window.harness.talk.audio?.microphone));
    await page.evaluate(() => window.harness.record());
    await page.waitForFunction(() => window.harness.events.some(({ name }) => name === "open"));
    return page.evaluate(() => ({
      asked: window.harness.events.find(({ detail }) => detail.state?.name === "authorizing").at,
      now: Date.now(),
    }));
  },
  /** How the talk is now. */
  async look() {
    return talk.page.evaluate(async () => ({
      state: window.harness.talk.state.name,
      stats: await window.harness.talk.stats(),
    }));
  },
  /** End the talk; tell all that happened in it. */
  async end({ microphone, speaker }) {
    const { browser, page, wire, said } = talk;
    const told = await page.evaluate(async () => {
      const { talk, events, requests, recorded } = window.harness;
      const { name } = talk.state;
      const rate = talk.audio?.context.sampleRate ?? 48_000;
      await talk.stop();
      const sides = { microphone: await recorded("microphone"), speaker: await recorded("speaker") };
      return { state: name, events, requests, rate, sides };
    });
    const sockets = await wire.evaluate(() => self.openedAt);
    await browser.close();
    talk = null;
    const { sides, ...others } = told;
    writeFileSync(microphone, Buffer.from(sides.microphone, "base64"));
    writeFileSync(speaker, Buffer.from(sides.speaker, "base64"));
    return { ...others, sockets, said };
  },
};

function listenUnprocessed(processing) {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (asked) => open({ ...asked, audio: { ...asked.audio, ...processing } });
}

function countSockets() {
  const openedAt = (self.openedAt = []);
  self.WebSocket = class extends WebSocket {
    constructor(url) {
      super(url);
      openedAt.push(Date.now());
    }
  };
}

const answer = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);
answer({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...order } = JSON.parse(line);
  try {
    answer(await orders[name](order));
  } catch (error) {
    answer({ failed: String(error), said: talk?.said });
    await talk?.browser.close();
  }
}
await talk?.browser.close();
await server.close();
process.exit();

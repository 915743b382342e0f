/** What each failure of the live client means to the person in front of the page, by its code. */
import type { Told } from "./refusals.en.ts";

export const failures = {
  unsupported: {
    title: "This browser cannot hold a talk.",
    more: "Take a current Chrome, Edge, Firefox or Safari.",
  },
  "insecure-context": {
    title: "Your browser keeps the microphone from this address.",
    more: "Open the page with https:// in front, or on this machine as localhost.",
  },
  "autoplay-blocked": {
    title: "Your browser holds the sound back.",
    more: "Press End, and start again by a tap.",
  },
  "bad-image": { title: "That is not an image Gemini can see.", more: "Take a PNG, a JPEG or a WebP." },
  aborted: { title: "Stopped.", more: "Start again when you like." },
  "microphone-denied": {
    title: "The microphone is not allowed.",
    more: "Allow it in your browser, beside the address, and start again. Nothing was counted.",
  },
  "microphone-missing": {
    title: "There is no microphone.",
    more: "Plug one in or choose another in the settings. Nothing was counted.",
  },
  "microphone-in-use": {
    title: "The microphone is taken.",
    more: "Close the other app or tab that uses it, and start again. Nothing was counted.",
  },
  "camera-denied": {
    title: "The camera is not allowed.",
    more: "Allow it in your browser, beside the address. The talk goes on without it.",
  },
  "camera-missing": { title: "There is no camera.", more: "The talk goes on without it." },
  "camera-in-use": {
    title: "The camera is taken.",
    more: "Close the other app or tab that uses it. The talk goes on without it.",
  },
  "screen-denied": { title: "The screen is not shared.", more: "The talk goes on without it." },
  "speaker-unavailable": {
    title: "That speaker is not there.",
    more: "Gemini is heard through another; you can choose in the settings.",
  },
  network: { title: "The server cannot be reached.", more: "Check your connection, and try again." },
  timeout: { title: "The server took too long to answer.", more: "Try again in a moment." },
  "signed-out": { title: "You are not signed in.", more: "Sign in again to go on." },
  "gemini-unreachable": {
    title: "The connection to Gemini was lost.",
    more: "It was tried several times. Check your connection, and try again.",
  },
  "gemini-refused": {
    title: "Gemini did not take the talk.",
    more: "Choose other settings, or try again in a moment.",
  },
  "gemini-quota": {
    title: "Gemini has no room for us right now.",
    more: "Everybody’s talks together have reached Google’s limit. Try again in a few minutes.",
  },
  "model-unavailable": {
    title: "This model is not available.",
    more: "Choose another in the settings, and start again.",
  },
  "token-refused": { title: "Gemini did not take your pass.", more: "Start again to get a new one." },
} as const satisfies Readonly<Record<string, Told>>;

/** What the page says about each failure of the live client, by its code. */
import type { Told } from "./refusals.en.ts";
import { unreachable } from "./shell.en.ts";

export const failures = {
  unsupported: {
    title: "This browser doesn’t support talks.",
    more: "Use an up-to-date Chrome, Edge, Firefox or Safari.",
  },
  "insecure-context": {
    title: "Your browser blocks the microphone at this address.",
    more: "Open the page at an https:// address, or at localhost on this machine.",
  },
  "autoplay-blocked": {
    title: "Your browser is waiting for a tap to play sound.",
    more: "Tap anywhere to go on talking.",
  },
  "speaker-missing": {
    title: "There’s nothing to play sound.",
    more: "Connect headphones or a speaker. Until then, you can type.",
  },
  "sound-stopped": {
    title: "Your device has stopped the sound.",
    more: "When your call or the other app is done, tap anywhere to continue.",
  },
  "microphone-muted": {
    title: "Your device has muted the microphone.",
    more: "Unmute it in your system, in your browser or on the microphone.",
  },
  "microphone-silent": {
    title: "Nothing is coming from your microphone.",
    more: "It may be turned off. Check it, or choose another in the settings.",
  },
  "bad-image": { title: "Gemini can’t read that image.", more: "Use PNG, JPEG or WebP." },
  aborted: { title: "Stopped.", more: "Start again whenever you like." },
  "microphone-denied": {
    title: "Microphone access is blocked.",
    more: "Allow it in your browser, next to the address, and start again. This didn’t use up a talk.",
  },
  "microphone-denied-by-system": {
    title: "Your system blocks the microphone.",
    more: "Allow it for this browser in the system’s privacy settings, and start again. This didn’t use up a talk.",
  },
  "microphone-unavailable": {
    title: "That microphone isn’t available.",
    more: "Gemini is listening through another one, if there is one. You can change it in the settings.",
  },
  "microphone-missing": {
    title: "No microphone found.",
    more: "Plug one in, or choose another in the settings. This didn’t use up a talk.",
  },
  "microphone-in-use": {
    title: "The microphone is in use by another app.",
    more: "Close the other app or tab, and start again. This didn’t use up a talk.",
  },
  "camera-denied": {
    title: "Camera access is blocked.",
    more: "Allow it in your browser, next to the address. The talk continues without it.",
  },
  "camera-denied-by-system": {
    title: "Your system blocks the camera.",
    more: "Allow it for this browser in the system’s privacy settings. The talk continues without it.",
  },
  "camera-unavailable": {
    title: "That camera isn’t available.",
    more: "Gemini sees through another one, if there is one. You can change it in the settings.",
  },
  "camera-missing": { title: "No camera found.", more: "The talk continues without it." },
  "camera-in-use": {
    title: "The camera is in use by another app.",
    more: "Close the other app or tab. Meanwhile, the talk continues without it.",
  },
  "screen-denied": { title: "Your screen isn’t shared.", more: "The talk continues without it." },
  "screen-denied-by-system": {
    title: "Your system doesn’t share the screen.",
    more: "Allow screen recording for this browser in the system’s privacy settings. The talk continues without it.",
  },
  "speaker-unavailable": {
    title: "That speaker isn’t available.",
    more: "Gemini is using another one. You can change it in the settings.",
  },
  network: unreachable,
  timeout: { title: "The server took too long to answer.", more: "Try again in a moment." },
  "signed-out": { title: "You’re not signed in.", more: "Sign in again to continue." },
  "gemini-unreachable": {
    title: "The connection to Gemini was lost.",
    more: "We tried several times to reconnect. Check your connection and try again.",
  },
  "gemini-refused": {
    title: "Gemini rejected the talk.",
    more: "Choose other settings, or try again in a moment.",
  },
  "gemini-quota": {
    title: "Gemini is at capacity.",
    more: "All talks on this site together have reached Google’s limit. Try again in a few minutes.",
  },
  "gemini-account": {
    title: "This site can’t use Gemini right now.",
    more: "Its key or its credit with Google is no longer valid. Only the site administrator can fix that.",
  },
  "model-unavailable": {
    title: "This model isn’t available.",
    more: "Choose another in the settings, and start again.",
  },
  "token-refused": { title: "Gemini rejected your pass.", more: "Start again to get a new one." },
} as const satisfies Readonly<Record<string, Told>>;

/** In the middle of a talk, which goes on muted. */
export const microphoneLost = {
  "microphone-denied": {
    title: "Microphone access is blocked.",
    more: "You’re muted. Allow it in your browser, next to the address, and unmute.",
  },
  "microphone-denied-by-system": {
    title: "Your system blocks the microphone.",
    more: "You’re muted. Allow it for this browser in the system’s privacy settings, and unmute.",
  },
  "microphone-missing": {
    title: "No microphone found.",
    more: "You’re muted. Plug one in, and unmute.",
  },
  "microphone-in-use": {
    title: "The microphone is in use by another app.",
    more: "You’re muted. Close the other app or tab, and unmute.",
  },
} as const satisfies Readonly<Record<string, Told>>;

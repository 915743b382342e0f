/**
 * Icons on a grid of 24 units, with strokes of 1.75. They are decorative; the words next to them are
 * read aloud.
 */
import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit/html.js";

const paths = {
  microphone: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>`,
  muted: svg`<path d="M9 9.5V6a3 3 0 0 1 6 0v5M15 13.5a3 3 0 0 1-4.9.9M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5c0 .9-.2 1.8-.5 2.5M12 18v3M4 3.5l16 17"/>`,
  resume: svg`<path d="M4.500 12a7.500 7.500 0 1 0 2.600-5.700L4.500 8.500M4.500 4.500v4h4M10 9l5 3-5 3Z"/>`,
  stop: svg`<rect x="7" y="7" width="10" height="10" rx="2.5"/>`,
  camera: svg`<rect x="3" y="6.5" width="12" height="11" rx="2.5"/><path d="m15 11 6-3.5v9L15 13"/>`,
  flip: svg`<path d="M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5"/>`,
  screen: svg`<rect x="3" y="4.5" width="18" height="12" rx="2.5"/><path d="M9 20h6M12 16.500v3.500"/>`,
  send: svg`<path d="M5 12h14M12.500 5.500 19 12l-6.500 6.500"/>`,
  image: svg`<rect x="3.500" y="4.500" width="17" height="15" rx="2.500"/><circle cx="9" cy="10" r="1.600"/><path d="m4 17 4.500-4 3.500 3 3.500-3.500 4.500 4.500"/>`,
  settings: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  talks: svg`<path d="M5 5.500h14a1.500 1.500 0 0 1 1.500 1.500v8a1.500 1.500 0 0 1-1.500 1.500h-6.500L8 20v-3.500H5A1.500 1.500 0 0 1 3.500 15V7A1.500 1.500 0 0 1 5 5.500Z"/>`,
  person: svg`<circle cx="12" cy="8.500" r="3.500"/><path d="M5 20c.6-3.600 3.400-5.500 7-5.500s6.400 1.900 7 5.500"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
  warning: svg`<path d="M12 4 2.800 19.500h18.400L12 4ZM12 10v4.500M12 17.200v.1"/>`,
  done: svg`<circle cx="12" cy="12" r="9"/><path d="m8 12.500 3 3 5-6"/>`,
  tool: svg`<path d="M14.500 6.500a4 4 0 0 1 5-1.500l-2.500 2.500 1.500 1.500L21 6.500a4 4 0 0 1-5.500 5L8 19a2.100 2.100 0 0 1-3-3l7.500-7.500a4 4 0 0 1 2-2Z"/>`,
  search: svg`<circle cx="11" cy="11" r="6"/><path d="m15.500 15.500 4.500 4.500"/>`,
} as const satisfies Readonly<Record<string, SVGTemplateResult>>;

export type Icon = keyof typeof paths;

export function icon(name: Icon, size = 20): TemplateResult {
  return html`<svg viewBox="0 0 24 24" width=${size} height=${size} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths[name]}</svg>`;
}

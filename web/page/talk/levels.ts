/** How loud both sides are, 25 times a second: past the state, straight to what draws it. */
export interface Levels {
  readonly microphone: number;
  readonly speaker: number;
}

let current: Levels = { microphone: 0, speaker: 0 };

export function setLevels(levels: Levels): void {
  current = levels;
}

export function levels(): Levels {
  return current;
}

/**
 * Push-to-talk with the space bar, anywhere on the page except where that key does something else.
 * Releasing it anywhere, or leaving the window, ends it. Returns a function that stops it.
 */
export function holdBySpaceBar(
  hold: (press: "down" | "up") => void,
  isOffered: () => boolean,
): () => void {
  let held = false;

  const down = (event: KeyboardEvent): void => {
    if (event.code !== "Space" || !isOffered() || hasItsOwnMeaning(event.target)) return;
    event.preventDefault();
    if (held || event.repeat) return;
    held = true;
    hold("down");
  };
  const up = (event: KeyboardEvent): void => {
    if (event.code === "Space" && held) letGo();
    else return;
    event.preventDefault();
  };
  const letGo = (): void => {
    if (!held) return;
    held = false;
    hold("up");
  };

  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  window.addEventListener("blur", letGo);
  return () => {
    letGo();
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
    window.removeEventListener("blur", letGo);
  };
}

export function hasItsOwnMeaning(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("[data-hold]") !== null) return false;
  return (
    target.closest("button, a, input, select, textarea, summary, dialog, [contenteditable]") !== null
  );
}

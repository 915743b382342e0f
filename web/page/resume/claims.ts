/**
 * Which tab a talk belongs to. A tab that is duplicated has a copy of what the first one keeps, and two
 * that take up one talk would each cut the other off: so a tab holds a lock as long as it is open, by
 * Web Locks, which a browser lets go of with the page.
 */

/** A page that is reloaded may find its own lock still there, for a moment. */
const WAIT_MS = 1000;

const held = new Set<string>();

/** Whether the talk of that session is this tab's, from now on if it was nobody's. */
export async function claim(
  sessionId: string,
  locks: LockManager | undefined = navigator.locks,
): Promise<boolean> {
  // Without them there is no secure context, and so no microphone and no talk.
  if (locks === undefined || held.has(sessionId)) return true;
  return new Promise((resolve) => {
    const options = { signal: AbortSignal.timeout(WAIT_MS) };
    const keep = async (): Promise<void> => {
      held.add(sessionId);
      resolve(true);
      return new Promise(() => {}); // with the page
    };
    locks.request(`livepass.talk.${sessionId}`, options, keep).catch(() => resolve(false));
  });
}

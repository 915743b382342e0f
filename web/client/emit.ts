/** How the parts of a talk speak: through the talk's own events. */

import type { LiveEventName, LiveEvents } from "./events.ts";

export type Emit = <Name extends LiveEventName>(name: Name, detail: LiveEvents[Name]) => void;

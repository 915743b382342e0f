/** The worker's entry point. */

import type { FromWire, ToWire } from "./protocol.ts";
import { Wire } from "./wire.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const wire = new Wire((message: FromWire) => scope.postMessage(message));
scope.onmessage = ({ data }: MessageEvent<ToWire>) => wire.obey(data);
scope.postMessage({ is: "warm" } satisfies FromWire);

/** Both directions in one file: one request, and one copy of the resampler. */

import "./capture.worklet.ts";
import "./playback.worklet.ts";

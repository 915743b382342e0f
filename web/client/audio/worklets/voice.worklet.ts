/** Both directions in one file: one request, and the resampler only once. */

import "./capture.worklet.ts";
import "./playback.worklet.ts";

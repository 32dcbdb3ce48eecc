// @ts-check
// The thread in which the engine computes, so that the page stays free.

import { serve } from "./service.js";

serve(/** @type {import("./service.js").Port} */ (/** @type {unknown} */ (self)));

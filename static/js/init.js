// Starts the design system's components. The address carries the version, so it may be cached for ever.
import { initAll } from "../vendor/nhsuk/nhsuk-frontend-10.6.1.min.js";

initAll();

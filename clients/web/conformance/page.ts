/** The page that runs cases in a browser. */
import { runCases } from "./cases.js";

Object.assign(globalThis, { runCases });

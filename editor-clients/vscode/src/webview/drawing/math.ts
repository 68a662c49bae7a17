/** Draws math with KaTeX. What could load, link or mark anything is off, and macros end with their formula. */
import katex from "katex";
import type { Drawers } from "../drawings";
import { allowOwnStyles } from "./styles";

const MAX_LENGTH = 10_000;

allowOwnStyles();
(globalThis as Drawers).threadkeepMath = (tex, element, isDisplay) => {
  if (tex.length > MAX_LENGTH) throw new Error("It is too long.");
  katex.render(tex, element, {
    displayMode: isDisplay,
    throwOnError: true,
    trust: false,
    strict: false,
    maxExpand: 500,
    maxSize: 20,
  });
};

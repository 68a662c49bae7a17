/** How long to wait before the server is started again, and when to stop trying. */

const STEPS_MS = [500, 2_000, 5_000, 15_000, 30_000];
/** A server that ran this long was well: its end counts as the first. */
const WELL_AFTER_MS = 180_000;

export interface Restarts {
  /** Ends in a row. */
  readonly failures: number;
}

export const NO_RESTARTS: Restarts = { failures: 0 };

/** After an end that nobody asked for: the wait in milliseconds, or undefined to give up. */
export function afterCrash(
  restarts: Restarts,
  ranForMs: number,
): { readonly restarts: Restarts; readonly waitMs: number | undefined } {
  const failures = ranForMs >= WELL_AFTER_MS ? 1 : restarts.failures + 1;
  return { restarts: { failures }, waitMs: STEPS_MS[failures - 1] };
}

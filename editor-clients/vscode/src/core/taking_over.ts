/** Ends the answer of a window that does not react, if the person wants that. */
import type { ErrorData, Holder } from "../protocol";
import { wireError } from "./failures";
import type { Ask, Method, Params, Result } from "./requests";

/** Asks a person; the second text says what is at stake. */
export type Agrees = (question: string, detail: string) => Promise<boolean>;

/** An `Ask` that meets such a window with a question, and after a yes makes its request once more. */
export function takingOver(ask: Ask, agrees: Agrees): Ask {
  const asking = new Map<string, Promise<boolean>>();
  return async <M extends Method>(method: M, params: Params<M>): Promise<Result<M>> => {
    try {
      return await ask(method, params);
    } catch (error) {
      const { sessionId } = params as { readonly sessionId?: string };
      const stuck = stuckTurn(wireError(error).data);
      if (stuck === undefined || sessionId === undefined || method === "chat/takeOver") throw error;
      const { turnId, holder } = stuck;
      // one question for all requests that meet the same turn
      const answer =
        asking.get(turnId) ?? agrees(question(holder), DETAIL).finally(() => asking.delete(turnId));
      asking.set(turnId, answer);
      if (!(await answer)) throw error;
      const taken = await ask("chat/takeOver", { sessionId, turnId });
      return method === "chat/cancel" ? taken : ask(method, params);
    }
  };
}

const DETAIL =
  "It may be stopped, or hang. What it has not stored yet of the answer is lost; when it goes on, it stores nothing more of it.";

function question(holder: Holder | undefined): string {
  const who =
    holder === undefined
      ? "Another process"
      : `${holder.client ?? "Another window"} (process ${holder.pid} on ${holder.host})`;
  return `${who} writes an answer in this session and does not react. Take over?`;
}

function stuckTurn(data: ErrorData | undefined): { turnId: string; holder: Holder | undefined } | undefined {
  if (data?.kind !== "sessionBusy" || data["isUnresponsive"] !== true || data["canTakeOver"] !== true)
    return undefined;
  const { turnId, holder } = data as { readonly turnId?: unknown; readonly holder?: Holder };
  return typeof turnId === "string" ? { turnId, holder } : undefined;
}

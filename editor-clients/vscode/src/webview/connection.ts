/** The page's line to the extension: messages both ways, requests that are answered. */
import type { FromView, ToView, ViewError, ViewRequest } from "../core/bridge";
import type { Requests } from "../protocol";

export interface Page {
  postMessage(message: FromView): void;
  getState(): unknown;
  setState(state: unknown): void;
}

export class RequestFailed extends Error {
  constructor(readonly error: ViewError) {
    super(error.message);
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Connection {
  private readonly waiting = new Map<number, Waiting>();
  private ids = 0;

  constructor(
    readonly page: Page,
    /** What is shown at this moment, and so what a request is about. */
    private readonly at: () => string,
    receive: (message: Exclude<ToView, { type: "reply" }>) => void,
  ) {
    window.addEventListener("message", (event: MessageEvent<ToView>) => {
      const message = event.data;
      if (message.type === "reply") this.settle(message);
      else receive(message);
    });
  }

  post(message: FromView): void {
    this.page.postMessage(message);
  }

  /** Asks the server about the shown session, and names it: the extension refuses what is meant for another one. */
  async ask<M extends ViewRequest>(
    method: M,
    params: Omit<Requests[M]["params"], "sessionId">,
  ): Promise<Requests[M]["result"]> {
    const id = ++this.ids;
    const answered = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.post({ type: "request", id, at: this.at(), method, params });
    return (await answered) as Requests[M]["result"];
  }

  private settle({ id, result, error }: Extract<ToView, { type: "reply" }>): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new RequestFailed(error));
  }
}

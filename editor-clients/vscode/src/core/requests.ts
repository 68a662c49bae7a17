/** Requests as the extension makes them, typed by the protocol. */
import type { Requests } from "../protocol";

export type Method = keyof Requests;
export type Params<M extends Method> = Requests[M]["params"];
export type Result<M extends Method> = Requests[M]["result"];

/** Asks the server; rejects with its error. */
export type Ask = <M extends Method>(method: M, params: Params<M>) => Promise<Result<M>>;

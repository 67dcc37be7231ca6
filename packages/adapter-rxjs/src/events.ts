import type { Client, PollAction } from "@curlew/core";
import { Observable } from "rxjs";

/** What passes between driver and engine. `easy` is the engine's handle, to tell transfers apart: leave it alone. */
export type DriverEvent =
  /** The engine told an action on a descriptor: CURL_POLL_IN, OUT, INOUT, REMOVE. `easy` undefined: one of its own. */
  | { readonly type: "socket"; readonly fd: number; readonly action: PollAction; readonly easy: unknown }
  /** The engine told a timeout, ms; -1 deletes it. */
  | { readonly type: "timer"; readonly timeoutMs: number }
  /** The driver called socketAction; fd -1 is CURL_SOCKET_TIMEOUT. */
  | { readonly type: "action"; readonly fd: number; readonly bits: number; readonly running: number }
  /** A transfer is done; `result` is its CURLcode. */
  | { readonly type: "message"; readonly easy: unknown; readonly result: number };

/**
 * What a client's driver and engine tell each other, as long as it is subscribed to: the raw material of a tracer. Emits inside
 * libcurl's callbacks; what is asked of the client there happens right after. Does not complete. Errors with NOT_OBSERVABLE for
 * an engine that hides it.
 */
export function events$(client: Client): Observable<DriverEvent> {
  return new Observable((subscriber) =>
    client.observe({
      socket: (fd, action, easy) => subscriber.next({ type: "socket", fd, action, easy }),
      timer: (timeoutMs) => subscriber.next({ type: "timer", timeoutMs }),
      action: (fd, bits, running) => subscriber.next({ type: "action", fd, bits, running }),
      message: (easy, result) => subscriber.next({ type: "message", easy, result }),
    }),
  );
}

import { AsyncResource } from "node:async_hooks";
import type { Ports } from "@curlew/core";

/** The ports on runtimes with Node's modules: Node, Bun, Deno. Errors without an owner go the default way, which is theirs. */
export const ports: Ports = {
  // AsyncLocalStorage.snapshot() does the same and costs far more in Node 20, where it defines a property each time.
  bindContext: () => {
    const resource = new AsyncResource("CurlewTransfer");
    return (run, ...args) => resource.runInAsyncScope(run, undefined, ...args);
  },
};

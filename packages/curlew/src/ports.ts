import { AsyncLocalStorage } from "node:async_hooks";
import type { Ports, RunInContext } from "@curlew/core";

/** The ports on runtimes with Node's modules: Node, Bun, Deno. Errors without an owner go the default way, which is theirs. */
export const ports: Ports = {
  bindContext: () => AsyncLocalStorage.snapshot() as RunInContext,
};

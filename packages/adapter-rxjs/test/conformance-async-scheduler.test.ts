import { libuvLoop } from "@curlew/adapter-libuv";
import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { asyncScheduler } from "rxjs";
import { describe, it } from "vitest";
import { fromLoop, rxjsLoop } from "../src/index.js";

describe("adapter-rxjs over adapter-libuv, timers by asyncScheduler", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: rxjsLoop(fromLoop(libuvLoop()), { scheduler: asyncScheduler }), descriptors }),
    options: { capabilities: { showsHold: false } },
  }));

import { libuvLoop } from "@curlew/adapter-libuv";
import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { describe, it } from "vitest";
import { fromLoop, rxjsLoop } from "../src/index.js";

describe("adapter-rxjs over adapter-libuv", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: rxjsLoop(fromLoop(libuvLoop())), descriptors }),
    options: { capabilities: { showsHold: false } },
  }));

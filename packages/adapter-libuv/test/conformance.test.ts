import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { describe, it } from "vitest";
import { libuvLoop } from "../src/index.js";

describe("adapter-libuv", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: libuvLoop(), descriptors }),
    options: { capabilities: { showsHold: false }, granularityMs: 0 },
  }));

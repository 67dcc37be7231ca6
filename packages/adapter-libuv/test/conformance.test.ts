import { openSync } from "node:fs";
import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { describe, it } from "vitest";
import { libuvLoop } from "../src/index.js";

const openFile = () => openSync("/etc/hostname", "r");

describe("adapter-libuv", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: libuvLoop(), descriptors: { ...descriptors, openFile } }),
    options: { capabilities: { showsHold: false }, granularityMs: 0 },
  }));

import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { describe, it } from "vitest";
import { epollLoop } from "../src/index.js";

describe("adapter-epoll", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: epollLoop(), descriptors }),
    options: { capabilities: { showsHold: false } },
  }));

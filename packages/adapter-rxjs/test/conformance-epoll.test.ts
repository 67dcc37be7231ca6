import { epollLoop } from "@curlew/adapter-epoll";
import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { describe, it } from "vitest";
import { fromLoop, rxjsLoop } from "../src/index.js";

describe("adapter-rxjs over adapter-epoll", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: rxjsLoop(fromLoop(epollLoop())), descriptors }),
    options: { capabilities: { showsHold: false } },
  }));

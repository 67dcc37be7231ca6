import { openSync } from "node:fs";
import { conformance } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";
import { describe, it } from "vitest";
import { epollLoop } from "../src/index.js";

const openFile = () => openSync("/etc/hostname", "r");

describe("adapter-epoll", () =>
  conformance({
    test: it,
    factory: () => ({ adapter: epollLoop(), descriptors: { ...descriptors, openFile } }),
    options: { capabilities: { showsHold: false } },
  }));

import { defineConfig } from "vitest/config";

/** Tests run on the sources; only child processes, which cannot run TypeScript, use what is built. */
const conditions = ["@curlew/source"];

const folders = [
  "packages/core",
  "packages/engine-libcurl",
  "packages/adapter-libuv",
  "packages/adapter-epoll-sim",
  "packages/conformance",
  "packages/curlew",
  "trials",
  "demo",
];

export default defineConfig({
  test: {
    projects: folders.map((folder) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        name: folder.replace("packages/", ""),
        root: folder,
        include: ["test/**/*.test.ts"],
        // A native addon is loaded once per process, and some tests need --expose-gc.
        pool: "forks",
        execArgv: ["--expose-gc"],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});

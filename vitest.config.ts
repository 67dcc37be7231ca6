import { defineConfig } from "vitest/config";

/** Tests run on the sources; only child processes, which cannot run TypeScript, use what is built. */
const conditions = ["@curlew/source"];

const folders = [
  "packages/core",
  "packages/engine-libcurl",
  "packages/adapter-libuv",
  "packages/adapter-epoll",
  "packages/adapter-epoll-sim",
  "packages/adapter-rxjs",
  "packages/conformance",
  "packages/curlew",
  "trials",
  "runtimes",
  "demo",
  "examples",
];

const projects = folders.map((folder) => ({ folder, name: folder.replace("packages/", ""), env: {}, exclude: [] }));

/** The tests of transfers and of exits once more, on the loop that Node does not take by itself. */
const onEpoll = {
  folder: "packages/curlew",
  name: "curlew-epoll",
  env: { CURLEW_TEST_LOOP: "epoll" },
  exclude: [
    "test/docs.test.ts",
    "test/cpu.test.ts",
    "test/get.test.ts",
    "test/get-{disk,interrupt,names,resume,terminal}.test.ts",
  ],
};

export default defineConfig({
  test: {
    projects: [...projects, onEpoll].map(({ folder, ...test }) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        ...test,
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

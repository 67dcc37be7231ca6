import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Tests run on the sources; only child processes, which cannot run TypeScript, use what is built. */
const conditions = ["@curlew/source"];

const folders = [
  "packages/core",
  "packages/engine-libcurl",
  "packages/engine-node-libcurl",
  "packages/adapter-libuv",
  "packages/adapter-epoll",
  "packages/adapter-epoll-sim",
  "packages/adapter-rxjs",
  "packages/adapter-uws",
  "packages/conformance",
  "packages/curlew",
  "trials",
  "runtimes",
  "demo",
  "examples",
];

const all = { include: ["test/**/*.test.ts"], exclude: [], env: {}, setupFiles: [] };

const projects = folders.map((folder) => ({ ...all, folder, name: folder.replace("packages/", "") }));

/** The tests of transfers and of exits once more, on the loop that Node does not take by itself. */
const onEpoll = {
  ...all,
  folder: "packages/curlew",
  name: "curlew-epoll",
  env: { CURLEW_TEST_LOOP: "epoll" },
  exclude: [
    "test/{docs,from-node-libcurl}.test.ts",
    "test/cpu.test.ts",
    "test/get.test.ts",
    "test/get-{disk,interrupt,names,resume,terminal}.test.ts",
  ],
};

/** The client's tests, and those of Observables, once more over node-libcurl, as far as it goes. */
const onNodeLibcurl = [
  { folder: "packages/curlew", include: ["test/client*.test.ts"] },
  { folder: "packages/adapter-rxjs", include: ["test/{transfer,upload,unsubscribe,backpressure}.test.ts"] },
].map((project) => ({
  ...all,
  ...project,
  name: `${project.folder.replace("packages/", "")}-node-libcurl`,
  env: { CURLEW_TEST_ENGINE: "node-libcurl" },
  setupFiles: [join(import.meta.dirname, "packages/engine-node-libcurl/test/skip-without.ts")],
}));

export default defineConfig({
  test: {
    // Files wait for most of their time: a single one at once, as vitest has it on two cores, leaves these idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [...projects, onEpoll, ...onNodeLibcurl].map(({ folder, ...test }) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        ...test,
        root: folder,
        // A native addon is loaded once per process, and some tests need --expose-gc.
        pool: "forks",
        execArgv: ["--expose-gc"],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});

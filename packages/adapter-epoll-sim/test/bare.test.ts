/** In a context that has JavaScript and nothing else: what a browser has is more. Built files: run the build. */
import { readdirSync, readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { expect, it } from "vitest";

const built = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

const PROGRAM = `
  const kernel = new sim.Kernel({ choices: new sim.SeededChoices(7) });
  sim.serve(kernel, "10.0.0.1", { answer: () => ({ body: new Uint8Array(100000) }) });
  const hosts = new Map([["browser.test", { addresses: ["10.0.0.1"], resolveMs: 5 }]]);
  const loop = sim.simulatedLoop(kernel);
  const transfers = core.createTransferEngine({ createEngine: () => new sim.Model({ kernel, hosts }), loop });
  let bytes = 0, outcome;
  transfers.start({ url: "https://browser.test/" }, {
    chunk: (chunk) => { bytes += chunk.length; },
    outcome: ({ error }) => { outcome = error ? error.message : "ok"; },
  });
  for (let turn = 0; turn < 10000 && !outcome; turn++) loop.turn();
  ({ bytes, outcome, globals: Object.getOwnPropertyNames(globalThis).filter((name) => name === "process" || name === "setTimeout") });
`;

it("kernel, loop and model run without Node, timers or a console", () => {
  const context = createContext({});
  const load = (code: string): unknown =>
    runInContext(
      `(function (require) { const module = { exports: {} }, exports = module.exports; ${code}\nreturn module.exports; })`,
      context,
    );
  const core = (load(built("core/dist/index.cjs")) as (require: unknown) => unknown)(() => {
    throw new Error("core imports nothing");
  });
  const sim = (load(built("adapter-epoll-sim/dist/index.cjs")) as (require: unknown) => unknown)((name: string) => {
    if (name !== "@curlew/core") throw new Error(`${name} was imported`);
    return core;
  });
  Object.assign(context, { core, sim });
  expect(runInContext(PROGRAM, context)).toEqual({ bytes: 100_000, outcome: "ok", globals: [] });
});

it("nothing in core, kernel, loop or model asks the machine for time or chance", () => {
  const folders = ["core/src", ...["kernel", "loop", "model"].map((name) => `adapter-epoll-sim/src/${name}`)];
  const asking = folders.flatMap((folder) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url))
      .map((name) => `${folder}/${name}`)
      .filter((file) =>
        /Date\.now|new Date|performance\.|Math\.random|setTimeout|setImmediate|crypto/.test(built(file)),
      ),
  );
  expect(asking).toEqual([]);
});

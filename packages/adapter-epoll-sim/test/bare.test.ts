/** In a context that has JavaScript and nothing else, and in a browser, which has more. Built files: run the build. */
import { readdirSync, readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { findChromium, said } from "./chromium.js";

const built = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

const PROGRAM = `(() => {
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
  const globals = Object.getOwnPropertyNames(globalThis).filter((name) => name === "process" || name === "setTimeout");
  return { bytes, outcome, globals };
})()`;

/** Both packages' built files in one script, as values `core` and `sim`. */
const BUNDLE = `
  const load = (run) => {
    const module = { exports: {} };
    run(module, module.exports, (name) => {
      if (name !== "@curlew/core") throw new Error(name + " was imported");
      return core;
    });
    return module.exports;
  };
  let core;
  core = load((module, exports, require) => {${built("core/dist/index.cjs")}\n});
  const sim = load((module, exports, require) => {${built("adapter-epoll-sim/dist/index.cjs")}\n});
`;

const WELL = { bytes: 100_000, outcome: "ok", globals: [] };

it("kernel, loop and model run without Node, timers or a console", () => {
  expect(runInContext(`(() => {${BUNDLE} return ${PROGRAM}})()`, createContext({}))).toEqual(WELL);
});

describe("in a browser", () => {
  const chromium = findChromium();
  it.skipIf(!chromium)(
    `kernel, loop and model run in headless Chromium${chromium ? "" : ": none on this machine, so the bare context above must do"}`,
    async () => {
      const script = `${BUNDLE} document.getElementById("said").textContent = JSON.stringify(${PROGRAM});`;
      const { globals, ...rest } = JSON.parse(await said(chromium ?? "", script.replaceAll("</script", "<\\/script")));
      expect({ ...rest, globals }).toEqual({ ...WELL, globals: ["setTimeout"] }); // a browser has timers, and no process
    },
    60_000,
  );
});

it("nothing in core, kernel, loop or model asks the machine for time or chance", () => {
  const folders = ["core/src", ...["kernel", "loop", "model"].map((name) => `adapter-epoll-sim/src/${name}`)];
  const asking = folders.flatMap((folder) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`)
      .filter((file) =>
        /Date\.now|new Date|performance\.|Math\.random|setTimeout|setImmediate|crypto\./.test(built(file)),
      ),
  );
  // The boundary of a form must be what no part of it can contain.
  expect(asking).toEqual(["core/src/client/multipart.ts"]);
});

import { defineConfig, library } from "../../tsup.base.js";

/** src/binding.ts is built once, as CommonJS, and both builds load that file: there is one table of handles a process. */
const oneBinding = {
  name: "one-binding",
  setup(build: { onResolve(filter: { filter: RegExp }, resolve: () => object): void }) {
    build.onResolve({ filter: /^\.\/binding\.js$/ }, () => ({ path: "./binding.cjs", external: true }));
  },
};

export default defineConfig([
  library({ entry: ["src/binding.ts"], format: ["cjs"], dts: false, shims: false }),
  library({ esbuildPlugins: [oneBinding] }),
]);

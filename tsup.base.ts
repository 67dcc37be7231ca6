import { defineConfig, type Options } from "tsup";

/** How every published package is built: ESM, CJS and types of both, from src/index.ts unless said otherwise. */
export function library(options: Options = {}): Options {
  return {
    entry: ["src/index.ts"],
    format: ["esm", "cjs"],
    dts: true,
    target: "node20",
    platform: "node",
    sourcemap: true,
    shims: true,
    splitting: false,
    ...options,
  };
}

/** Programs and private packages: ESM, no types. */
export function program(options: Options = {}): Options {
  return library({ format: ["esm"], dts: false, ...options });
}

export { defineConfig };

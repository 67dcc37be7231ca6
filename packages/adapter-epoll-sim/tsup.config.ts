import { defineConfig, library } from "../../tsup.base.js";

export default defineConfig(
  library({
    entry: {
      index: "src/index.ts",
      kernel: "src/kernel/index.ts",
      loop: "src/loop/index.ts",
      model: "src/model/index.ts",
    },
    platform: "neutral",
  }),
);

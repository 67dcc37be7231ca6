import { defineConfig, library } from "../../tsup.base.js";

export default defineConfig(library({ entry: { index: "src/index.ts", find: "src/find-uws.ts" } }));

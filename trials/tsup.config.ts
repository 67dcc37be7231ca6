import { defineConfig, program } from "../tsup.base.js";

export default defineConfig(program({ entry: ["src/sim.ts", "src/conformance.ts"] }));

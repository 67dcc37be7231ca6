import { defineConfig, library, program } from "../../tsup.base.js";

export default defineConfig([library(), program({ entry: ["src/cli.ts"] })]);

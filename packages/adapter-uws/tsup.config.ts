import { defineConfig, library } from "../../tsup.base.js";

export default defineConfig(library());

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function find(folder: string): string {
  return existsSync(join(folder, "pnpm-workspace.yaml")) ? folder : find(dirname(folder));
}

/** The repository, from src and from dist alike. */
export const root = find(dirname(fileURLToPath(import.meta.url)));

import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { writing } from "./failure.js";

/** Before anything is sent: a folder that can be written. @throws Failure */
export async function prepareFolder(folder: string): Promise<void> {
  await writing(folder, async () => {
    await make(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  });
}

/** With those above it. What Node has for that tries without end where there can be none, as in /proc. */
async function make(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await make(above);
  await mkdir(folder).catch(async (error) => {
    if (!(await isFolder(folder))) throw error; // or another program was quicker
  });
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

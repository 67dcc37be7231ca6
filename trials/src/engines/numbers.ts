import type { Arranged } from "@curlew/conformance";
import { descriptors } from "@curlew/testkit";

const MANY = 1100;

/** Descriptor 0 is kept under another number meanwhile: it is this process's standard input, which nobody reads here. */
export function freeZero(): Arranged {
  const kept = descriptors.dup(0);
  descriptors.close(0);
  return {
    undo() {
      if (descriptors.dup(kept) !== 0) throw new Error("descriptor 0 is somebody else's now");
      descriptors.close(kept);
    },
  };
}

/** So many descriptors that the next one is above 1024. */
export function crowd(): Arranged {
  const fds: number[] = [];
  const undo = () => {
    for (const fd of fds) descriptors.close(fd);
  };
  try {
    while (fds.length < MANY) fds.push(descriptors.eventfd());
    return { undo };
  } catch (error) {
    undo();
    return { why: `${MANY} descriptors more are not to be had: ${error instanceof Error ? error.message : error}` };
  }
}

import { readdirSync, readFileSync } from "node:fs";

/** What a thread has used so far. */
export interface ThreadUse {
  /** Times it went to sleep, each of which it was then woken from. */
  readonly sleeps: number;
  readonly cpuMs: number;
}

const read = (tid: string, file: string): string => readFileSync(`/proc/self/task/${tid}/${file}`, "utf8");

/** The threads of this process that bear that name. */
export function threadsNamed(name: string): string[] {
  return readdirSync("/proc/self/task").filter((tid) => read(tid, "comm").trim() === name);
}

export function threadUse(tid: string): ThreadUse {
  const sleeps = Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(tid, "status"))?.[1]);
  const cpuMs = Number(read(tid, "schedstat").split(" ")[0]) / 1e6;
  return { sleeps, cpuMs };
}

/** What it used between now and when the returned function is called. */
export function watchThread(tid: string): () => ThreadUse {
  const before = threadUse(tid);
  return () => {
    const after = threadUse(tid);
    return { sleeps: after.sleeps - before.sleeps, cpuMs: after.cpuMs - before.cpuMs };
  };
}

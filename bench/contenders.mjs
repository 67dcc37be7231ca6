/** Who takes part in a case: clients of each runtime, and the plain C loop. */
import { executable, runtimes } from "../runtimes/fetch.mjs";
import { ClientProcess, workerCommand } from "./client-process.mjs";
import { clientFiles } from "./clients/index.mjs";
import { plainC } from "./plain-c/build.mjs";

const here = { title: `node ${process.versions.node}`, executable: process.execPath, flags: [] };
/** On other runtimes: our client, and their own. */
const ELSEWHERE = ["curlew", "fetch"];

/** Name, runtime, and `open(target)`, for each that a case asks for. */
export function contendersOf(theCase, { clients, onlyHere }) {
  const wanted = theCase.clients.filter((name) => !clients || clients.includes(name));
  const list = wanted.map((name) => (name in clientFiles ? javascript(name, here) : inC(name)));
  if (!theCase.everywhere || onlyHere) return list;
  const others = runtimes.filter(({ name }) => name !== "node");
  return [
    ...list,
    ...others.flatMap((runtime) => ELSEWHERE.filter((name) => wanted.includes(name)).map((name) => on(runtime, name))),
  ];
}

function javascript(name, runtime) {
  return {
    name,
    runtime: runtime.title,
    open: (target) => new ClientProcess(workerCommand(runtime, name, target), caOf(target)),
  };
}

function on(runtime, name) {
  return {
    name,
    runtime: runtime.title,
    open: (target) =>
      new ClientProcess(workerCommand({ ...runtime, executable: executable(runtime) }, name, target), caOf(target)),
  };
}

function inC(name) {
  return { name, runtime: "c", open: (target) => new ClientProcess(plainC({ perform: name === "c-perform" })(target)) };
}

/** How Node's and Deno's own fetch are told whom to trust. */
function caOf({ caFile }) {
  return caFile ? { NODE_EXTRA_CA_CERTS: caFile, DENO_CERT: caFile } : {};
}

/** Broken engines, one mistake each: the contract's cases must tell them from the model, which makes none. */
import { Model, type ModelEasy, profiles } from "@curlew/adapter-epoll-sim/model";
import { type EngineBench, engineCases, runEngineCase } from "@curlew/conformance";
import { CURL_POLL_REMOVE, type Message, type MultiCallbacks } from "@curlew/core";
import { modelBench } from "../engines/model.js";
import type { Caught } from "./judge.js";

type Socket = NonNullable<MultiCallbacks<ModelEasy>["SOCKETFUNCTION"]>;
type Timer = NonNullable<MultiCallbacks<ModelEasy>["TIMERFUNCTION"]>;

/** One mistake, made in a model that is otherwise as it was. */
interface BrokenEngine {
  readonly name: string;
  readonly rule: string;
  readonly spoil: (model: Model) => void;
}

/** Instead of the method, what is made of it. */
function replace<K extends keyof Model>(model: Model, name: K, by: (sound: Model[K]) => unknown): void {
  const sound = (model[name] as (...args: never[]) => unknown).bind(model) as unknown as Model[K];
  Object.defineProperty(model, name, { value: by(sound) });
}

function callback(option: string, wrap: (told: never) => unknown): BrokenEngine["spoil"] {
  return (model) =>
    replace(model, "setopt", (sound) => (name: string, value: unknown) => {
      const set = sound as (name: string, value: unknown) => void;
      set(name, name === option && typeof value === "function" ? wrap(value as never) : value);
    });
}

const socket = (wrap: (told: Socket) => Socket) => callback("SOCKETFUNCTION", wrap);
const timer = (wrap: (told: Timer) => Timer) => callback("TIMERFUNCTION", wrap);

/** Of a removed handle the message stays. */
function keepsMessages(model: Model): void {
  const kept: Message<ModelEasy>[] = [];
  replace(model, "removeHandle", (sound) => (easy: ModelEasy) => {
    sound(easy);
    if (easy.getinfo("RESPONSE_CODE") === 200) kept.push({ easy, result: 0, queued: 0 });
  });
  replace(model, "infoRead", (sound) => () => kept.shift() ?? sound());
}

function tellsTwice(model: Model): void {
  let again: Message<ModelEasy> | undefined;
  replace(model, "infoRead", (sound) => () => {
    const message = again ?? sound();
    again = again ? undefined : message;
    return message;
  });
}

function tellsNothingAnew(model: Model): void {
  let quiet = false;
  socket(
    (told) =>
      (...args) =>
        quiet && args[2] !== CURL_POLL_REMOVE ? 0 : told(...args),
  )(model);
  replace(model, "socketAll", (sound) => () => {
    quiet = true;
    try {
      return sound();
    } finally {
      quiet = false;
    }
  });
}

export const brokenEngines: readonly BrokenEngine[] = [
  {
    name: "tells no REMOVE",
    rule: "C 2.7",
    spoil: socket((told) => (...args) => (args[2] === CURL_POLL_REMOVE ? 0 : told(...args))),
  },
  {
    name: "tells REMOVE twice",
    rule: "I1",
    spoil: socket((told) => (...args) => {
      if (args[2] === CURL_POLL_REMOVE) told(...args);
      return told(...args);
    }),
  },
  {
    name: "tells of descriptors again when its call has returned",
    rule: "I10",
    spoil: socket((told) => (...args) => {
      queueMicrotask(() => told(...args));
      return told(...args);
    }),
  },
  {
    name: "loses what was assigned",
    rule: "I2",
    spoil: socket((told) => (easy, fd, action, userp) => told(easy, fd, action, userp, undefined)),
  },
  { name: "asks for no 0", rule: "C 5.1", spoil: timer((told) => (ms, userp) => (ms === 0 ? 0 : told(ms, userp))) },
  { name: "tells the timer in microseconds", rule: "I4", spoil: timer((told) => (ms, userp) => told(ms > 0 ? ms * 1000 : ms, userp)) },
  { name: "knows of no timeout when it is asked", rule: "I4", spoil: (model) => replace(model, "timeout", (sound) => () => Math.min(-1, sound())) },
  { name: "tells each message twice", rule: "I9", spoil: tellsTwice },
  { name: "keeps the message of what was removed", rule: "I9", spoil: keepsMessages },
  {
    name: "tells failures as successes",
    rule: "I5",
    spoil: (model) =>
      replace(model, "infoRead", (sound) => () => {
        const message = sound();
        return message && { ...message, result: 0 };
      }),
  },
  {
    name: "counts those that have ended as running",
    rule: "I8",
    spoil: (model) => replace(model, "socketAction", (sound) => (fd: number, bits: number) => sound(fd, bits) + model.unread),
  },
  {
    name: "counts one too many",
    rule: "I8",
    spoil: (model) => replace(model, "socketAction", (sound) => (fd: number, bits: number) => sound(fd, bits) + 1),
  },
  {
    name: "lets itself be asked inside its callbacks",
    rule: "I11",
    spoil: (model) =>
      replace(model, "timeout", (sound) => () => {
        try {
          return sound();
        } catch {
          return -1;
        }
      }),
  },
  { name: "lets anything be assigned to", rule: "C 3.2", spoil: (model) => replace(model, "assign", (sound) => (fd: number, socketp: unknown) => {
        try {
          sound(fd, socketp);
        } catch {}
      }) },
  { name: "tells nothing anew", rule: "C 2.14", spoil: tellsNothingAnew, },
  {
    name: "opens as many connections as it likes",
    rule: "C18",
    spoil: (model) =>
      replace(model, "setopt", (sound) => (name: string, value: unknown) => {
        if (name !== "MAX_TOTAL_CONNECTIONS") (sound as (name: string, value: unknown) => void)(name, value);
      }),
  },
  {
    name: "cannot be cleaned up twice",
    rule: "C26",
    spoil: (model) => {
      let cleaned = false;
      replace(model, "cleanup", (sound) => () => {
        if (cleaned) throw new Error("double free");
        cleaned = true;
        sound();
      });
    },
  },
]; // biome-ignore format: a table

/** Each broken engine, with the first case that failed by naming its rule; what fails otherwise does not count. */
export async function judgeBrokenEngines(): Promise<Caught[]> {
  const caught: Caught[] = [];
  for (const { name, rule, spoil } of brokenEngines) {
    const mutation = { name: `an engine that ${name}`, rule, file: "", edits: [] };
    caught.push({ mutation, ...(await firstKiller(spoil)) });
  }
  return caught;
}

/** The first one is enough: an engine that loses its timer makes many a case wait for its bound. */
async function firstKiller(spoil: BrokenEngine["spoil"]): Promise<Pick<Caught, "killers" | "crashed">> {
  const crashed: string[] = [];
  for (const each of engineCases) {
    const { id, what, outcome, why = "" } = await runEngineCase(each, () => brokenBench(spoil));
    if (outcome !== "failed") continue;
    if (/\((C ?|I)\d/.test(why)) return { killers: [`engine ${id}: ${what}: ${why}`], crashed };
    crashed.push(`${id}: ${why}`);
  }
  return { killers: [], crashed };
}

function brokenBench(spoil: BrokenEngine["spoil"]): EngineBench {
  const newest = profiles.at(-1);
  const bench = modelBench(newest as NonNullable<typeof newest>);
  const multi = () => {
    const model = bench.multi();
    if (model instanceof Model) spoil(model);
    return model;
  };
  return { ...bench, multi };
}

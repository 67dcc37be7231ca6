import { AssertionError } from "node:assert";
import { Kernel } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import type { Arm, Case, ConformanceOptions, DriverClass, Factory } from "@curlew/conformance";
import { applicable, nameOf, runCase } from "@curlew/conformance";
import { brokenDrivers } from "./drivers.js";
import { brokenLoops } from "./loops.js";
import { load, type Mutant, type Mutation } from "./mutate.js";

/** So many cases are few: a tenth of them. A mutant that more of them catch says little about any, and is let go then. */
export const FEW = 12;

/** A mutant and what caught it. */
export interface Caught {
  readonly mutation: Mutation;
  /** The cases that failed by an assertion that names a rule; at most one more than few. */
  readonly killers: readonly string[];
  /** Cases that failed in another way: they do not count. */
  readonly crashed: readonly string[];
}

function loopArm({ kernel, loop }: Pick<Mutant, "kernel" | "loop">): Arm {
  const simulated = new kernel.Kernel();
  const adapter = loop.simulatedLoop(simulated as Kernel);
  const jump = (ms: number) => simulated.clock.block(simulated.clock.nowMs + ms);
  return { adapter, descriptors: simulated, turn: () => adapter.turn(), held: () => adapter.held, jump };
}

export const soundArm: Factory = () => loopArm({ kernel: { Kernel }, loop: { simulatedLoop } } as Mutant);

async function judge(mutation: Mutation, using: (mutant: Mutant) => [Factory, ConformanceOptions]): Promise<Caught> {
  const mutant = await load(mutation);
  const killers: string[] = [];
  const crashed: string[] = [];
  const [factory, options] = using(mutant);
  for (const each of applicable(options)) {
    const failure = await fails(each, factory, options);
    if (failure === undefined) continue;
    const named = failure instanceof AssertionError && /\((C ?|P ?|contract, )/.test(failure.message);
    (named ? killers : crashed).push(nameOf(each));
    if (killers.length > FEW) break;
  }
  mutant.dispose();
  return { mutation, killers, crashed };
}

async function fails(each: Case, factory: Factory, options: ConformanceOptions): Promise<unknown> {
  try {
    await runCase(each, factory, options);
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown");
  }
}

/** Factories that claim what is not so, and those that hide what is. */
const lies: readonly (ConformanceOptions & { readonly name: string })[] = [
  { name: "claims to show whether it holds, and does not", capabilities: {} },
  { name: "does not claim to refuse files, and does", capabilities: { refusesFiles: false } },
  { name: "does not claim to refuse closed descriptors, and does", capabilities: { refusesClosed: false } },
];

async function judgeLie({ name, ...options }: (typeof lies)[number]): Promise<Caught> {
  const factory: Factory = async () => {
    const arm = await soundArm();
    if (!name.startsWith("claims to show")) return arm;
    const { held: _held, ...silent } = arm;
    return silent;
  };
  const killers: string[] = [];
  for (const each of applicable(options))
    if ((await fails(each, factory, options)) instanceof AssertionError) killers.push(nameOf(each));
  return { mutation: { name, rule: "capabilities", file: "", edits: [] }, killers, crashed: [] };
}

export async function judgeAll(): Promise<Caught[]> {
  const caught: Caught[] = [];
  for (const mutation of brokenLoops) caught.push(await judge(mutation, (mutant) => [() => loopArm(mutant), {}]));
  for (const mutation of brokenDrivers)
    caught.push(await judge(mutation, ({ core }) => [soundArm, { Driver: core.Driver as unknown as DriverClass }]));
  for (const lie of lies) caught.push(await judgeLie(lie));
  return caught;
}

import { type ChoiceKind, type Choices, choiceKinds, Kernel, Random } from "@curlew/adapter-epoll-sim/kernel";
import { simulatedLoop } from "@curlew/adapter-epoll-sim/loop";
import type { ModelEasy } from "@curlew/adapter-epoll-sim/model";
import { Judge, Model, type Profile, profiles, serve } from "@curlew/adapter-epoll-sim/model";
import type { Driver, DriverOptions } from "@curlew/core";
import { ADDRESS, answer, drawPlans, hosts, type Plan } from "./plans.js";
import { Player, type Stage } from "./player.js";

export type DriverClass = new (options: DriverOptions<ModelEasy>) => Driver<ModelEasy>;

/** A world, who lives in it, and what they do. */
export interface Scene {
  readonly profile: Profile;
  readonly plans: readonly Plan[];
  readonly budget: number;
  readonly mostConnections: number;
  /** The user closes the driver then; else when everything has ended. */
  readonly closeAtMs?: number;
}

export interface Run {
  readonly judge: Judge;
  readonly profile: string;
  readonly transfers: number;
  readonly events: number;
  /** Choices that were not the plain one, by kind. */
  readonly choices: Readonly<Record<ChoiceKind, number>>;
}

/** What goes on longer is taken for a loop without end. */
const MOST_TURNS = 60_000;

export function drawScene(seed: number): Scene {
  const random = new Random(seed);
  return {
    profile: random.pick(profiles),
    plans: drawPlans(random),
    budget: random.pick([1, 2, 512]),
    mostConnections: random.chance(0.15) ? 1 + random.below(2) : 0,
    ...(random.chance(0.1) ? { closeAtMs: random.below(600) } : {}),
  };
}

/** Plays a scene to its end and judges the driver. */
export function play(scene: Scene, choices: Choices, DriverToJudge: DriverClass): Run {
  const counted = new CountedChoices(choices);
  const kernel = new Kernel({ choices: counted, bufferBytes: 16_384 });
  const judge = new Judge(kernel, scene.budget);
  const simulated = simulatedLoop(kernel);
  kernel.network.listen("never", "never answers");
  serve(kernel, ADDRESS, { answer });
  serve(kernel, "short", { answer, exchanges: 2 });
  const model = new Model({ kernel, hosts, profile: scene.profile, observer: judge });
  judge.model = model;
  model.setopt("MAX_TOTAL_CONNECTIONS", scene.mostConnections);
  const driver = new DriverToJudge({
    engine: model,
    loop: judge.loop(simulated),
    callbacksPerTick: scene.budget,
    ports: { reportError: (error) => reported(judge, error), warn: (line) => judge.note(`warning: ${line}`) },
  });
  const stage: Stage = { kernel, driver, model, judge, players: [], ended: () => {} };
  schedule(scene, stage);
  const turns = turnUntilOver(stage, simulated);
  judge.check("I5", turns < MOST_TURNS, () => `it does not end: ${unended(stage)}`);
  closeDown(stage, simulated);
  const { length: transfers } = stage.players;
  return { judge, profile: scene.profile.name, transfers, events: judge.trace.length, choices: counted.counts };
}

function schedule(scene: Scene, stage: Stage): void {
  const { kernel, judge } = stage;
  for (const plan of scene.plans) {
    const player = new Player(plan, stage);
    const start = () => judge.outside(() => player.start());
    if (plan.atMs === 0) start();
    else kernel.clock.after(plan.atMs, start);
    if (plan.cancelAtMs !== undefined)
      kernel.clock.after(plan.atMs + plan.cancelAtMs, () => judge.outside(() => player.cancel()));
  }
  if (scene.closeAtMs !== undefined) kernel.clock.after(scene.closeAtMs, () => close(stage));
}

function close({ driver, judge }: Stage): void {
  judge.note("close");
  judge.driverClosed = true;
  void driver.close();
}

function turnUntilOver(stage: Stage, loop: ReturnType<typeof simulatedLoop>): number {
  const { players, judge } = stage;
  const over = () => players.every(({ state }) => state === "ended" || state === "cancelled");
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (over() || judge.violations.length > 0) return turn;
    if (loop.turn() === "nothing") return over() ? turn : MOST_TURNS;
  }
  return MOST_TURNS;
}

function unended({ players }: Stage): string {
  return players
    .filter(({ state }) => state === "started")
    .map(({ plan }) => `${plan.name} ${plan.url}`)
    .join(", ");
}

/** After the last transfer: what is left must be given back. */
function closeDown(stage: Stage, loop: ReturnType<typeof simulatedLoop>): void {
  const { judge, kernel } = stage;
  if (judge.violations.length > 0) return; // the state is not to be trusted
  for (let turn = 0; turn < 20; turn++) if (loop.turn() === "nothing") break;
  if (!judge.driverClosed) close(stage);
  for (let turn = 0; turn < 100 && !judge.view.closed; turn++) loop.turn();
  judge.check("I13", judge.view.closed, () => "the loop was not closed");
  judge.check("I13", kernel.open.length === 0, () => `descriptors are left open: ${kernel.open.join(", ")}`);
  judge.check("I13", loop.watched.length === 0 && !loop.held, () => "something is watched, or held");
}

function reported(judge: Judge, error: unknown): void {
  if (!/throws on purpose/.test(String(error)))
    judge.check("I5", false, () => `an error of nobody's: ${String(error)}`);
}

class CountedChoices implements Choices {
  readonly counts = Object.fromEntries(choiceKinds.map((kind) => [kind, 0])) as Record<ChoiceKind, number>;
  readonly #choices: Choices;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  choose(kind: ChoiceKind, count: number): number {
    const answer = this.#choices.choose(kind, count);
    if (answer > 0) this.counts[kind]++;
    return answer;
  }
}

import { type ChoiceKind, choiceKinds, SeededChoices } from "@curlew/adapter-epoll-sim/kernel";
import { profiles, type Rule, ruleNames } from "@curlew/adapter-epoll-sim/model";
import { type DriverClass, drawScene, play, type Run } from "./run.js";

/** What many seeds did, added up. */
export interface Tally {
  seeds: number;
  transfers: number;
  events: number;
  violations: number;
  /** Those that were played. */
  readonly profiles: Record<string, number>;
  /** Choices that were not the plain one. */
  readonly choices: Record<ChoiceKind, number>;
  /** How often each rule was checked. */
  readonly rules: Record<Rule, number>;
  /** Seeds that broke a rule, with the first one they broke. */
  readonly failed: { readonly seed: number; readonly what: string }[];
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

export function emptyTally(): Tally {
  return {
    seeds: 0,
    transfers: 0,
    events: 0,
    violations: 0,
    profiles: zeros(profiles.map(({ name }) => name)),
    choices: zeros(choiceKinds),
    rules: zeros(ruleNames),
    failed: [],
  };
}

/** The whole of a seed: who, what, when, and every choice. */
export function playSeed(seed: number, DriverToJudge: DriverClass): Run {
  return play(drawScene(seed), new SeededChoices(seed), DriverToJudge);
}

/** Plays `count` seeds from `from` on; stops at the first violation where that is all one wants to know. */
export function playSeeds(from: number, count: number, DriverToJudge: DriverClass, stopAtViolation = false): Tally {
  const tally = emptyTally();
  for (let seed = from; seed < from + count; seed++) {
    addRun(tally, seed, playSeed(seed, DriverToJudge));
    if (stopAtViolation && tally.violations > 0) break;
  }
  return tally;
}

function addRun(tally: Tally, seed: number, run: Run): void {
  tally.seeds++;
  tally.transfers += run.transfers;
  tally.events += run.events;
  tally.profiles[run.profile] = (tally.profiles[run.profile] ?? 0) + 1;
  addTo(tally.choices, run.choices);
  addTo(tally.rules, run.judge.checks);
  const [first] = run.judge.violations;
  if (!first) return;
  tally.violations++;
  tally.failed.push({ seed, what: first.what });
}

export function addTally(sum: Tally, part: Tally): void {
  for (const count of ["seeds", "transfers", "events", "violations"] as const) sum[count] += part[count];
  addTo(sum.profiles, part.profiles);
  addTo(sum.choices, part.choices);
  addTo(sum.rules, part.rules);
  sum.failed.push(...part.failed);
}

function addTo<K extends string>(sum: Record<K, number>, part: Readonly<Record<K, number>>): void {
  for (const key of Object.keys(part) as K[]) sum[key] += part[key];
}

/** What was never exercised: as bad as a violation, because nothing was shown. */
export function unexercised({ profiles: played, choices, rules }: Tally): string[] {
  const idle = (what: string, counts: Readonly<Record<string, number>>): string[] =>
    Object.keys(counts)
      .filter((key) => counts[key] === 0)
      .map((key) => `${what} ${key}`);
  return [...idle("profile", played), ...idle("choice", choices), ...idle("rule", rules)];
}

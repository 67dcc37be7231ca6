import { CurlewError } from "@curlew/core";
import { type ChoiceKind, type Choices, choiceKinds } from "./choices.js";

/** One decision: what was asked, out of how many, and the answer. */
export type Choice = readonly [kind: ChoiceKind, count: number, answer: number];

/** Writes down what another scheduler decides. */
export class RecordingChoices implements Choices {
  readonly made: Choice[] = [];
  readonly #choices: Choices;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  choose(kind: ChoiceKind, count: number): number {
    const answer = this.#choices.choose(kind, count);
    this.made.push([kind, count, answer]);
    return answer;
  }
}

/** Decides as it was recorded. */
export class RecordedChoices implements Choices {
  readonly #recorded: readonly Choice[];
  #at = 0;

  /** @throws CurlewError CORRUPT_TRACE for what is no list of choices */
  constructor(recorded: unknown) {
    if (!Array.isArray(recorded)) throw corrupt("a list of choices is wanted");
    for (const [i, choice] of recorded.entries()) checkChoice(choice, i);
    this.#recorded = recorded;
  }

  /** @throws CurlewError CORRUPT_TRACE when another decision is asked for than the one that was recorded */
  choose(kind: ChoiceKind, count: number): number {
    const recorded = this.#recorded[this.#at];
    if (!recorded) throw corrupt(`it ends before choice ${this.#at}, ${kind} of ${count}`);
    const [recordedKind, recordedCount, answer] = recorded;
    if (recordedKind !== kind || recordedCount !== count)
      throw corrupt(`choice ${this.#at} was ${recordedKind} of ${recordedCount}, and ${kind} of ${count} is asked for`);
    this.#at++;
    return answer;
  }
}

function checkChoice(choice: unknown, index: number): void {
  if (!Array.isArray(choice) || choice.length !== 3) throw corrupt(`choice ${index} is not [kind, count, answer]`);
  const [kind, count, answer] = choice as unknown[];
  if (!choiceKinds.includes(kind as ChoiceKind)) throw corrupt(`choice ${index} is of no known kind: ${String(kind)}`);
  const inRange = Number.isInteger(count) && Number.isInteger(answer) && Number(answer) >= 0;
  if (!inRange || Number(answer) >= Number(count))
    throw corrupt(`choice ${index} answers ${String(answer)} of ${String(count)}`);
}

function corrupt(what: string): CurlewError {
  return new CurlewError("CORRUPT_TRACE", `the recorded choices are of no use here: ${what}`);
}

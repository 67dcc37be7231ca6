/** What a driver is judged by, in words; the names are those of the contract's rules. */
export const rules = {
  "C 10.2": "no call of the engine is made inside one of its callbacks",
  "C 10.6": "no user code runs while a call of the engine is on the stack",
  "C 2.7": "what the engine removed is unwatched in the first tick that begins 20 ms later, or once it is reported",
  "C 2.8": "a descriptor is not watched any more when it is closed",
  "C 2.9": "the callbacks answer 0 and throw nothing",
  "C 2.12": "watch and unwatch reach the loop inside the callback, for the object that has the number now",
  "C 4.1": "the timer that was told last is set when the loop gets its turn",
  "C 4.7": "a timeout call is made when it is due, not before, and not when it was taken back",
  "C 4.8": "the loop is armed with a delay it can hold",
  "C 4.9": "at most four rounds of timeout calls a wakeup, and one after each report that has brought much",
  "C 5.2": "ERR alone is never given to the engine",
  "C 5.6": "an event is given to the registration it was found for, or to none",
  "C 6.4": "all messages are read before the loop gets its turn",
  "C 6.5": "a transfer that has ended is taken out of the engine",
  "C 6.7": "the engine is not called after its cleanup, nor the loop after its close",
  "C 6.9": "the process is held while a transfer has no outcome, and not longer",
  "C 12.1": "a descriptor is left alone only after a thousand wakeups for nothing",
  I5: "each transfer ends, as it may",
  I9: "each transfer has exactly one outcome, and nothing after it",
  I12: "each byte arrives once and in order, and none while paused",
  I13: "after the close nothing is left: no descriptor, no watch, no hold",
  I14: "a socket is removed before it is closed, but for 7.88's that are still connecting",
  I15: "each descriptor the engine wants is watched, with that interest, on that object",
  "tick 5": "at most the budget of callbacks a tick",
} as const;

export type Rule = keyof typeof rules;

export const ruleNames = Object.keys(rules) as readonly Rule[];

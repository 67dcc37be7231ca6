/** How a version of libcurl differs from the newest one. Each switch is a paragraph of libcurl's history. */
export interface Profile {
  /** The newest version that behaves so. */
  readonly name: string;
  /** One more user of a descriptor is told, though nothing changes for it (C 2.4). */
  readonly redundantSetOnJoin: boolean;
  /** One user less is not told while others are left (C 2.5). */
  readonly noShrinkAnnounce: boolean;
  /** REMOVE for descriptors that were never announced (C 2.7). */
  readonly removeForeignFd: boolean;
  /** A socket that is still connecting is closed first, and REMOVE comes after (C 2.8). */
  readonly removeAfterCloseInConnect: boolean;
  /** Remaining time is rounded down (C 4.6). */
  readonly floorMs: boolean;
  /** After a timeout call that leaves no deadline there is no -1 (C 4.5). */
  readonly noMinusOneAfterTimeout: boolean;
  /** A timeout call before its time loses the timer (P B4). */
  readonly earlyTimeoutLosesTimer: boolean;
  /** The bits given with an event are believed instead of looking (C 5.2). */
  readonly bitsMatter: boolean;
  /** An event with ERR and nothing else ends the transfer with 55 (C 5.2). */
  readonly errAloneKills: boolean;
  /** The guard is one flag, looked at after the handle: one that is not added can be "removed" inside callbacks (C 10.2). */
  readonly guardBoolean: boolean;
  /** The guard is forgotten when a callback inside a callback returns (C 10.4). */
  readonly guardHole: boolean;
  /** Messages cannot be read inside a callback (C 9.6). */
  readonly infoReadBlockedInCallback: boolean;
  /** A name that is being resolved has a descriptor and a polling timer of its own (C 4.15, 12). */
  readonly resolverFdPerTransfer: boolean;
  /** Whoever ends a lookup waits for its thread, unless QUICK_EXIT is set (C 5.11). */
  readonly resolverBlocksOnRemove: boolean;
  /** The descriptor that all lookups share: registered when a handle is added, or while a transfer goes on (C 12). */
  readonly wakeupFd: "none" | "when added" | "while alive";
  /** It is never drained: ready for ever (C 12.1). */
  readonly wakeupNotDrained: boolean;
  /** curl_multi_wakeup writes to that very descriptor (C 12). */
  readonly wakeupShared: boolean;
  /** Connections say goodbye: their descriptors stay for a while after the transfer (C 4.14, 12). */
  readonly shutdownFd: boolean;
  /** easy_pause is refused in the socket and the timer callback (C 10.2). */
  readonly pauseForbiddenInSocketCb: boolean;
  /** There are notifications (C 13.1). */
  readonly notify: boolean;
  /** Deadlines that passed during a call are looked at once more before it returns (C 5.4). */
  readonly secondRound: boolean;
  /** The handle told with the REMOVE of a close is libcurl's own (C 2.10). */
  readonly removeInternalEasy: boolean;
  /** After the second of several addresses refuses nothing wakes the transfer but its timeout. */
  readonly secondRefusalForgotten: boolean;
}

const newest: Profile = {
  name: "8.22.0",
  redundantSetOnJoin: false,
  noShrinkAnnounce: false,
  removeForeignFd: false,
  removeAfterCloseInConnect: false,
  floorMs: false,
  noMinusOneAfterTimeout: false,
  earlyTimeoutLosesTimer: false,
  bitsMatter: false,
  errAloneKills: false,
  guardBoolean: false,
  guardHole: false,
  infoReadBlockedInCallback: false,
  resolverFdPerTransfer: false,
  resolverBlocksOnRemove: false,
  wakeupFd: "while alive",
  wakeupNotDrained: false,
  wakeupShared: false,
  shutdownFd: true,
  pauseForbiddenInSocketCb: true,
  notify: true,
  secondRound: true,
  removeInternalEasy: true,
  secondRefusalForgotten: false,
};

const before = (newer: Profile, changes: Partial<Profile> & { name: string }): Profile => ({ ...newer, ...changes });

const v8_21 = before(newest, {
  name: "8.21.0",
  guardBoolean: true,
  wakeupShared: true,
  infoReadBlockedInCallback: true,
  pauseForbiddenInSocketCb: false,
  shutdownFd: false,
});
const v8_20 = before(v8_21, { name: "8.20.0", wakeupFd: "when added", wakeupNotDrained: true, shutdownFd: true });
const v8_19 = before(v8_20, {
  name: "8.19.0",
  wakeupFd: "none",
  wakeupNotDrained: false,
  wakeupShared: false,
  resolverFdPerTransfer: true,
  resolverBlocksOnRemove: true,
});
const v8_14 = before(v8_19, { name: "8.14.1", notify: false, removeForeignFd: true, secondRefusalForgotten: true });
const v8_12 = before(v8_14, {
  name: "8.12.1",
  removeForeignFd: false,
  redundantSetOnJoin: true,
  noShrinkAnnounce: true,
  removeInternalEasy: false,
});
const v8_11 = before(v8_12, {
  name: "8.11.0",
  noMinusOneAfterTimeout: true,
  earlyTimeoutLosesTimer: true,
  secondRefusalForgotten: false, // seen in 7.88.1 and 8.14.1; nobody looked here, where a driver cannot kick
});
const v8_9 = before(v8_11, {
  name: "8.9.1",
  earlyTimeoutLosesTimer: false,
  secondRefusalForgotten: true,
  bitsMatter: true,
  errAloneKills: true,
  secondRound: false,
});
const v8_3 = before(v8_9, { name: "8.3.0", floorMs: true, guardHole: true, shutdownFd: false });
const v7_88 = before(v8_3, { name: "7.88.1", removeAfterCloseInConnect: true });

/** Oldest first. */
export const profiles: readonly Profile[] = [v7_88, v8_3, v8_9, v8_11, v8_12, v8_14, v8_19, v8_20, v8_21, newest];

import type { TransferRecord } from "./deliveries.js";
import type { EasyHandle } from "./engine.js";
import type { Command } from "./turnstile.js";

/** What the commands do, which is the driver's. None of these is called inside the engine. */
export interface CommandOwner<E extends EasyHandle> {
  add(record: TransferRecord<E>): void;
  withdraw(record: TransferRecord<E>): void;
  proceed(record: TransferRecord<E>): void;
  fail(record: TransferRecord<E>, error: unknown): void;
  recordOf(easy: E): TransferRecord<E> | undefined;
  close(): void;
  report(error: unknown): void;
}

/** Something to be run on handles. */
export interface Errand<E> {
  readonly easy: E;
  run(): void;
}

/** What users ask of a driver. Each is made once for all transfers; what it throws when it had to wait is dealt with here. */
export interface DriverCommands<E extends EasyHandle> {
  readonly add: Command<TransferRecord<E>>;
  readonly remove: Command<TransferRecord<E>>;
  readonly proceed: Command<TransferRecord<E>>;
  readonly errand: Command<Errand<E>>;
  readonly close: Command<undefined>;
}

export function driverCommands<E extends EasyHandle>(owner: CommandOwner<E>): DriverCommands<E> {
  const fail = (record: TransferRecord<E>, error: unknown): void => owner.fail(record, error);
  const report = (_subject: unknown, error: unknown): void => owner.report(error);
  return {
    add: {
      run(record) {
        if (!record.silent && !record.ended) owner.add(record); // neither removed nor failed while it was queued
      },
      failed: fail,
    },
    remove: { run: (record) => owner.withdraw(record), failed: report },
    proceed: { run: (record) => owner.proceed(record), failed: fail },
    errand: {
      run: (errand) => errand.run(),
      failed(errand, error) {
        const record = owner.recordOf(errand.easy);
        if (record) owner.fail(record, error);
        else owner.report(error);
      },
    },
    close: { run: () => owner.close(), failed: report },
  };
}

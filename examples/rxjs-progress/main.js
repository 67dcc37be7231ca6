// The progress of many downloads in one line: bytes received of bytes to come, and how many are done.
//   node examples/rxjs-progress/main.js https://example.com/ https://curl.se/
import { transfer$ } from "@curlew/adapter-rxjs";
import { createClient } from "curlew";
import { catchError, combineLatest, map, of, scan, startWith, throttleTime } from "rxjs";

const client = createClient();
const nothing = { received: 0, total: 0, done: false, failed: undefined };

/** Where a download stands, again and again. */
function download$(url) {
  return transfer$(client, url, { progressIntervalMs: 100 }).pipe(
    scan((state, event) => {
      if (event.type === "progress")
        return { ...state, received: event.progress.receivedBytes, total: event.progress.receivedTotalBytes };
      if (event.type === "done") return { ...state, done: true };
      return state;
    }, nothing),
    startWith(nothing),
    catchError((error) => of({ ...nothing, done: true, failed: error.message })),
  );
}

function lineOf(states) {
  const sum = (key) => states.reduce((total, state) => total + state[key], 0);
  const done = states.filter((state) => state.done).length;
  const failed = states.filter((state) => state.failed).length;
  return `${done} of ${states.length} done, ${failed} failed, ${sum("received")} of ${sum("total")} bytes`;
}

combineLatest(process.argv.slice(2).map(download$))
  .pipe(throttleTime(100, undefined, { leading: true, trailing: true }), map(lineOf))
  .subscribe({
    next: (line) => process.stdout.write(`\r${line.padEnd(79)}`),
    complete() {
      process.stdout.write("\n");
      client.close();
    },
  });

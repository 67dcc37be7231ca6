// Type-ahead: each line of stdin is what has been typed so far, and asks for suggestions; the former request is cancelled.
//   node examples/rxjs-type-ahead/main.js "https://example.com/suggest?q="
import { createInterface } from "node:readline";
import { text$ } from "@curlew/adapter-rxjs";
import { createClient } from "curlew";
import { catchError, distinctUntilChanged, from, map, of, switchMap } from "rxjs";

const ask = process.argv[2] ?? "https://example.com/?q=";
const client = createClient();

from(createInterface({ input: process.stdin }))
  .pipe(
    map((typed) => typed.trim()),
    distinctUntilChanged(),
    switchMap((typed) =>
      text$(client, ask + encodeURIComponent(typed)).pipe(
        map((answer) => `${typed}: ${answer}`),
        catchError((error) => of(`${typed}: ${error.message}`)),
      ),
    ),
  )
  .subscribe({
    next: (line) => console.log(line),
    complete: () => client.close(),
  });

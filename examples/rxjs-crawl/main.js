// A crawl of one site: at most 20 pages at once, each tried again with back-off, every page once.
//   node examples/rxjs-crawl/main.js https://example.com/
import { text$ } from "@curlew/adapter-rxjs";
import { createClient } from "curlew";
import { catchError, EMPTY, expand, mergeMap, of, retry, tap, timer } from "rxjs";

const AT_ONCE = 20;
const start = new URL(process.argv[2] ?? "https://example.com/");
const client = createClient();
const seen = new Set([start.href]);

/**
 * The links of a page that nobody has seen yet. A status of 400 or more is an error, so that it is tried again
 * (CURLOPT_FAILONERROR).
 */
const newLinks$ = (url) =>
  text$(client, url, { curl: { FAILONERROR: 1, TIMEOUT: 20 } }).pipe(
    retry({ count: 3, delay: (_error, attempt) => timer(100 * 2 ** attempt) }),
    tap((text) => console.log(`${url} ${text.length} characters`)),
    mergeMap((text) => newLinksOf(url, text)),
    catchError((error) => {
      console.log(`${url} failed: ${error.message}`);
      return EMPTY;
    }),
  );

function newLinksOf(url, text) {
  const links = [...text.matchAll(/<a\s[^>]*href="([^"#]+)/gi)].map(([, href]) => URL.parse(href, url)?.href);
  return links.filter((href) => href?.startsWith(start.origin) && !seen.has(href) && seen.add(href));
}

// `expand` is mergeMap that is fed by its own results, so that its limit is that of the whole crawl. A mergeMap inside would
// have a limit of its own for each page.
of(start.href)
  .pipe(expand((url) => newLinks$(url), AT_ONCE))
  .subscribe({ complete: () => client.close() });

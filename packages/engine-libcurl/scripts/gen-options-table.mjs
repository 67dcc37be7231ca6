// Writes docs/options.md from what the given libcurls say of themselves, and what the engine says of their options:
//   node scripts/gen-options-table.mjs FILE [FILE...]
// Give the tested ones, oldest first. It uses what is built; `npm run format` then aligns the tables.

import { writeFileSync } from "node:fs";
import { loadLibcurl, supportOf } from "../dist/index.js";

const libraries = process.argv.slice(2).map((file) => loadLibcurl(file));
const versions = libraries.map(({ version }) => version);

/** Every name any of them has, with what each says of it. */
const rows = new Map();
for (const [at, library] of libraries.entries())
  for (const support of supportOf(library)) {
    const key = `${support.of} ${support.name}`;
    const row = rows.get(key) ?? { ...support, has: versions.map(() => false) };
    row.has[at] = support.here;
    rows.set(key, row);
  }

/** The rows are of the oldest library that has them: it says why it is not let do what newer ones are. */
const reach = ({ alias, why, since }) => {
  if (why === undefined) return `yes${alias ? `: ${alias}` : ""}`;
  return since ? why : `no: ${why}`;
};
const table = (of) => [
  `| name | kind | ${versions.join(" | ")} | reachable |`,
  `| --- | --- | ${versions.map(() => "---").join(" | ")} | --- |`,
  ...[...rows.values()]
    .filter((row) => row.of === of)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      (row) =>
        `| ${row.name} | ${row.kind} | ${row.has.map((has) => (has ? "yes" : "–")).join(" | ")} | ${reach(row)} |`,
    ),
];
const count = (of) => {
  const all = [...rows.values()].filter((row) => row.of === of);
  return `${all.length}, of which ${all.filter((row) => row.why === undefined || row.since).length} can be reached`;
};

const lines = [
  "# Options and infos",
  "",
  `Every option and info of libcurl ${versions.join(" and ")}: whether the library has it, and whether a handle of`,
  "@curlew/engine-libcurl can set or read it, or why not. Names are libcurl's, without CURLOPT_, CURLINFO_, CURLMOPT_,",
  "CURLMINFO_, CURLSHOPT_ and CURL_LOCK_DATA_; its manual pages say what they do. What this table has and the library that runs",
  "has not is NOT_IN_THIS_LIBCURL.",
  "",
  "Made by `node packages/engine-libcurl/scripts/gen-options-table.mjs LIBCURL...`; a test compares it with the library loaded.",
  "",
  `## Easy options (${count("easy option")})`,
  "",
  "The data of callbacks (kind cbptr) is what a function of JavaScript has by itself.",
  "",
  ...table("easy option"),
  "",
  `## Infos (${count("info")})`,
  "",
  ...table("info"),
  "",
  `## Multi options (${count("multi option")})`,
  "",
  ...table("multi option"),
  "",
  `## Multi infos (${count("multi info")})`,
  "",
  "Read by `multi.getOfft`, curl_multi_get_offt, which came with libcurl 8.16.",
  "",
  ...table("multi info"),
  "",
  `## Share options (${count("share option")})`,
  "",
  ...table("share option"),
  "",
  `## Share data (${count("share data")})`,
  "",
  "What SHARE and UNSHARE take.",
  "",
  ...table("share data"),
  "",
];
writeFileSync(new URL("../../../docs/options.md", import.meta.url), lines.join("\n"));

/** Draws rows: for each case the CPU that a request costs, a bar for each client. */
import { writeFileSync } from "node:fs";
import { parse, View } from "vega";
import { compile } from "vega-lite";

/** Whose client it is: what bars are coloured by. */
function kindOf({ client }) {
  if (client.startsWith("curlew")) return "Curlew";
  return client === "c" || client === "c-perform" ? "plain C, same libcurl" : "others";
}

/** @param rows as `--json` tells them; those that were skipped are left out */
export async function draw(rows, file) {
  const values = rows
    .filter(({ cpuUsPerReq }) => cpuUsPerReq !== undefined && cpuUsPerReq !== null)
    .map((row) => ({
      case: row.case,
      client: row.runtime.startsWith("node") || row.runtime === "c" ? row.client : `${row.client}, ${row.runtime}`,
      kind: kindOf(row),
      us: row.cpuUsPerReq,
    }));
  if (values.length === 0) throw new Error("nothing was measured that could be drawn");
  const view = new View(parse(compile(chart(values)).spec), { renderer: "none" });
  writeFileSync(file, `${await view.toSVG()}\n`);
}

const COLUMNS = 3;
const COLOURS = { Curlew: "#1b6ca8", "plain C, same libcurl": "#999999", others: "#444444" };

/** A panel for each case, of its own scale. */
function chart(values) {
  const names = [...new Set(values.map((value) => value.case))];
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    title: "CPU of a request: user and system, all threads, in us. Less is better",
    columns: COLUMNS,
    concat: names.map((name) =>
      panel(
        name,
        values.filter((value) => value.case === name),
      ),
    ),
    resolve: { scale: { color: "shared", x: "independent", y: "independent" } },
  };
}

function panel(title, values) {
  const us = { field: "us", type: "quantitative", title: null };
  const colour = { domain: Object.keys(COLOURS), range: Object.values(COLOURS) };
  return {
    title,
    width: 250,
    height: { step: 15 },
    data: { values: values.toSorted((a, b) => a.us - b.us) },
    encoding: { x: us, y: { field: "client", type: "nominal", sort: null, title: null } },
    layer: [
      { mark: "bar", encoding: { color: { field: "kind", type: "nominal", title: null, scale: colour } } },
      {
        mark: { type: "text", align: "left", dx: 3, fontSize: 10 },
        encoding: { text: { field: "us", format: ".3~s" } },
      },
    ],
  };
}

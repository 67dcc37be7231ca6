import { uwsUnavailable } from "@curlew/adapter-uws/find";
import { type Absent, type Libcurl, loadLibcurl } from "@curlew/engine-libcurl";
import { nodeLibcurlVersions } from "@curlew/engine-node-libcurl";
import { loops } from "./loops.js";

/** What works on this machine, and why the rest does not. */
export interface Diagnosis {
  /** "node 20.20.2". */
  readonly runtime: string;
  /** "linux x64". */
  readonly platform: string;
  readonly libcurl: LibcurlDiagnosis | { readonly missing: string };
  readonly loops: readonly LoopDiagnosis[];
  /** Libraries that are not ours, which some package of ours goes with. */
  readonly beside: readonly BesideDiagnosis[];
}

export interface BesideDiagnosis {
  /** "uWebSockets.js", "node-libcurl". */
  readonly name: string;
  /** "adapter-uws", "engine-node-libcurl". */
  readonly package: string;
  readonly works: boolean;
  /** Where it works and says so: "4.0.0, on libcurl 7.88.1". */
  readonly version?: string;
  readonly why?: string;
}

export interface LoopDiagnosis {
  readonly name: string;
  readonly engine: "libcurl" | "model";
  readonly works: boolean;
  readonly why?: string;
}

export interface LibcurlDiagnosis {
  readonly version: string;
  readonly path: string;
  readonly ssl: string | undefined;
  readonly nghttp2: string | undefined;
  readonly trustStore: string | undefined;
  readonly protocols: readonly string[];
  readonly features: readonly string[];
  /** Faults of this version when it is driven by a loop, a line each: those that will be felt, those that are dealt with. */
  readonly faults: readonly string[];
  readonly survivedFaults: readonly string[];
  /** What this version is too old for: using it throws NOT_IN_THIS_LIBCURL. */
  readonly absent: Absent;
}

/** @param libcurl a file; default as in createTransfers */
export function diagnose(libcurl?: string): Diagnosis {
  return {
    runtime: runtimeName(),
    platform: `${process.platform} ${process.arch}`,
    libcurl: diagnoseLibcurl(libcurl),
    loops: loops.map(({ name, engine, unavailable }) => {
      const why = unavailable();
      return why === undefined ? { name, engine, works: true } : { name, engine, works: false, why };
    }),
    // Last: both engines then use the libcurl that was loaded first, apart from the runtime's OpenSSL.
    beside: [diagnoseUws(), diagnoseNodeLibcurl()],
  };
}

function diagnoseUws(): BesideDiagnosis {
  const about = { name: "uWebSockets.js", package: "adapter-uws" };
  const why = uwsUnavailable();
  return why === undefined ? { ...about, works: true } : { ...about, works: false, why };
}

function diagnoseNodeLibcurl(): BesideDiagnosis {
  const about = { name: "node-libcurl", package: "engine-node-libcurl" };
  try {
    const { version, libcurl } = nodeLibcurlVersions();
    return { ...about, works: true, version: `${version}, on libcurl ${libcurl}` };
  } catch (error) {
    return { ...about, works: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** "node 20.20.2", "bun 1.4.5", "deno 2.9.6". */
export function runtimeName(): string {
  const versions = process.versions as Record<string, string | undefined>;
  const name = ["bun", "deno"].find((candidate) => versions[candidate] !== undefined) ?? "node";
  return `${name} ${versions[name]}`;
}

function diagnoseLibcurl(file: string | undefined): Diagnosis["libcurl"] {
  try {
    return describe(loadLibcurl(file));
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

function describe(library: Libcurl): LibcurlDiagnosis {
  const { info } = library;
  return {
    version: library.version,
    path: library.path,
    ssl: info.ssl,
    nghttp2: info.nghttp2,
    trustStore: info.cainfo ?? info.capath,
    protocols: info.protocols,
    features: library.features,
    faults: library.faults,
    survivedFaults: library.survivedFaults,
    absent: library.absent,
  };
}

/** For people. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  const { libcurl } = diagnosis;
  const rows: [string, string][] = [["runtime", `${diagnosis.runtime} on ${diagnosis.platform}`]];
  if ("missing" in libcurl) {
    rows.push(["libcurl", `none: ${libcurl.missing}`]);
  } else {
    rows.push(
      ["libcurl", `${libcurl.version} (${libcurl.path})`],
      ["TLS", libcurl.ssl ?? "none"],
      ["trust store", libcurl.trustStore ?? "none built in"],
      ["HTTP/2", libcurl.nghttp2 ? `nghttp2 ${libcurl.nghttp2}` : "no"],
      ["protocols", libcurl.protocols.join(" ")],
      ["features", libcurl.features.join(" ")],
      ["faults", libcurl.faults.join("\n") || "none known"],
      ["dealt with", libcurl.survivedFaults.join("\n") || "none known"],
      ["too old for", formatAbsent(libcurl.absent)],
    );
  }
  for (const { name, engine, works, why } of diagnosis.loops)
    rows.push([`loop ${name}`, works ? (engine === "model" ? "works, simulated" : "works") : `no: ${why}`]);
  for (const { name, works, version, why } of diagnosis.beside)
    rows.push([name, works ? (version ?? "works") : `no: ${why}`]);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => name.padEnd(width) + value.replaceAll("\n", `\n${" ".repeat(width)}`)).join("\n");
}

function formatAbsent({ functions, multiOptions, easyOptions }: Absent): string {
  const names = [
    ...functions,
    ...multiOptions.map((name) => `CURLMOPT_${name}`),
    ...easyOptions.map((name) => `CURLOPT_${name}`),
  ];
  return names.join("\n") || "nothing that is known";
}

/** Whether transfers can be made here. */
export function healthy({ libcurl, loops: found }: Diagnosis): boolean {
  return !("missing" in libcurl) && found.some(({ works, engine }) => works && engine === "libcurl");
}

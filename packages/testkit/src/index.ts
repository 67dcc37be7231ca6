export { type Certificates, makeCertificates } from "./certificates.js";
export * as descriptors from "./descriptors.js";
export { dropbearMissing, startDropbear } from "./dropbear.js";
export { contentOf, type FileEntry, sha256 } from "./files.js";
export { neverResolved, notifyingLibcurl, resolvedAfter, slowResolver } from "./libcurls.js";
export { type Nghttpd, nghttpdMissing, startNghttpd } from "./nghttpd.js";
export { programCommand, runtimeName, startProgram } from "./runtime.js";
export { node, startServer, type TestServer } from "./server.js";
export { type ThreadUse, threadsNamed, threadUse, watchThread } from "./threads.js";

/** The servers, each in a process of its own: nginx for HTTP/1.1, nghttpd for HTTP/2, and one that never answers. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { makeCertificates, nghttpdMissing, startNghttpd } from "@curlew/testkit";

/** What is served, by size in bytes: "/5", "/1024". */
const SIZES = [5, 1024, 65_536, 1_048_576, 67_108_864];

export const servers = {
  nginx: { missing: nginxMissing, start: startNginx },
  nghttpd: {
    missing: nghttpdMissing,
    start: () => startNghttpd(Object.fromEntries(SIZES.map((n) => [n, content(n)]))),
  },
};

function content(bytes) {
  return bytes === 5 ? Buffer.from("hello") : Buffer.alloc(bytes, "a");
}

function nginxMissing() {
  const { error } = spawnSync("nginx", ["-v"]);
  return error ? "nginx is not installed (Debian: apt install nginx-light)" : undefined;
}

/** HTTP/1.1 plain and over TLS, from files that are kept open; a PUT is read to its end before it is answered. */
async function startNginx() {
  const folder = mkdtempSync(join(tmpdir(), "curlew-bench-"));
  const { ca, cert, key } = await makeCertificates();
  mkdirSync(join(folder, "files"));
  for (const bytes of SIZES) writeFileSync(join(folder, "files", String(bytes)), content(bytes));
  for (const [name, text] of Object.entries({ "ca.pem": ca, "cert.pem": cert, "key.pem": key }))
    writeFileSync(join(folder, name), text);
  const [plain, tls, inner] = await freePorts(3);
  const ports = { plain, tls, inner };
  writeFileSync(join(folder, "nginx.conf"), nginxConf(folder, ports));
  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  while (!(await answers(ports.plain))) if (child.exitCode !== null) throw new Error(`nginx ended: ${child.exitCode}`);
  return {
    url: `http://127.0.0.1:${ports.plain}`,
    tlsUrl: `https://127.0.0.1:${ports.tls}`,
    caFile: join(folder, "ca.pem"),
    pid: child.pid,
    async stop() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One process and no master, so that its CPU can be read in one place. Nothing is closed for having been used often. */
function nginxConf(folder, { plain, tls, inner }) {
  const put = `
      location /put {
        client_max_body_size 128m;
        client_body_buffer_size 2m;
        proxy_pass http://inner/5;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_http_version 1.1;
        proxy_set_header Connection "";
      }`;
  return `
    daemon off;
    master_process off;
    worker_processes 1;
    worker_rlimit_nofile 20000;
    user ${userInfo().username};
    pid ${folder}/nginx.pid;
    events { worker_connections 16384; multi_accept on; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      default_type application/octet-stream;
      keepalive_requests 1000000000;
      keepalive_timeout 3600s;
      sendfile on;
      tcp_nodelay on;
      open_file_cache max=100;
      open_file_cache_valid 3600s;
      ssl_certificate ${folder}/cert.pem;
      ssl_certificate_key ${folder}/key.pem;
      ssl_session_cache off;
      upstream inner { server 127.0.0.1:${inner}; keepalive 512; keepalive_requests 1000000000; keepalive_timeout 3600s; }
      server { listen 127.0.0.1:${inner} backlog=4096; root ${folder}/files; }
      server {
        listen 127.0.0.1:${plain} backlog=4096;
        listen 127.0.0.1:${tls} ssl backlog=4096;
        root ${folder}/files;${put}
      }
    }`;
}

/** Takes connections, counts those on which something was asked, and never answers. */
export async function startSilent() {
  const child = spawn(process.execPath, [join(import.meta.dirname, "silent.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async () => JSON.parse((await lines.next()).value);
  const { port } = await ask();
  return {
    url: `http://127.0.0.1:${port}/`,
    count: () => {
      child.stdin.write("count\n");
      return ask();
    },
    stop: () => {
      child.stdin.end();
      return once(child, "exit");
    },
  };
}

/** CPU of a process so far, all threads, in microseconds: the scheduler's own count. */
export function cpuUsOf(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1000,
    0,
  );
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(() => resolve(true)));
    socket.on("error", () => setTimeout(resolve, 10, false));
  });
}

/** nginx wants numbers: some that were free a moment ago, all at once, as one that is let go may be given again. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}

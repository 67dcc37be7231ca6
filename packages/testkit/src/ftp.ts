import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** What the one folder holds. */
const files: Readonly<Record<string, string>> = { "a.txt": "one", "b.txt": "two", "c.bin": "three" };

/** As much of FTP as a transfer by pattern asks for, in passive mode. */
export function createFtpServer(): Server {
  return createServer((control) => serve(control.on("error", () => {})));
}

function serve(control: Socket): void {
  let data: Promise<Socket> | undefined;
  const say = (line: string): void => void control.write(`${line}\r\n`);
  const transfer = async (content: string): Promise<void> => {
    say("150 here it comes");
    (await data)?.on("close", () => say("226 done")).end(content);
  };
  const commands: Record<string, (argument: string) => void> = {
    USER: () => say("331 password, please"),
    PASS: () => say("230 in"),
    PWD: () => say('257 "/" is where you are'),
    TYPE: () => say("200 as you like"),
    CWD: () => say("250 there"),
    SIZE: (name) => say(files[name] === undefined ? "550 no such file" : `213 ${files[name].length}`),
    EPSV() {
      const passive = createServer();
      data = new Promise((resolve) => passive.once("connection", (socket) => resolve(socket) as unknown as void));
      void listen(passive).then((port) => say(`229 Entering Extended Passive Mode (|||${port}|)`));
      void data.then(() => passive.close());
    },
    LIST: () =>
      void transfer(
        Object.entries(files)
          .map(([name, { length }]) => listing(name, length))
          .join(""),
      ),
    RETR: (name) => void transfer(files[name] ?? ""),
    QUIT: () => control.end("221 bye\r\n"),
  };
  say("220 ready");
  control.on("data", (chunk) => {
    for (const line of chunk.toString().split("\r\n").filter(Boolean)) {
      const [command = "", argument = ""] = line.split(/ (.*)/);
      const run = commands[command];
      if (run) run(argument);
      else say("502 no");
    }
  });
}

function listing(name: string, size: number): string {
  return `-rw-r--r--   1 ann      staff    ${String(size).padStart(8)} Jan 02 2024 ${name}\r\n`;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

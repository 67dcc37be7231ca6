import { libuvLoop } from "@curlew/adapter-libuv";
import { Driver } from "@curlew/core";
import { Easy, loadLibcurl, Multi } from "@curlew/engine-libcurl";
import { optionsOf } from "./curlew.mjs";

/** The raw handles with a driver: easies are used again, as a C program would, and bytes come by WRITEFUNCTION. */
export function open(target) {
  if (target.sentBytes > 0) throw new Error("the raw handles have no streamed bodies to send");
  const library = loadLibcurl();
  const driver = new Driver({ engine: new Multi(library), loop: libuvLoop() });
  const free = [];
  const make = () => {
    const handle = { easy: new Easy(library), bytes: 0 };
    handle.easy.setopt("URL", target.url);
    handle.easy.setopt("PIPEWAIT", 1);
    for (const [name, value] of Object.entries(optionsOf(target))) handle.easy.setopt(name, value);
    handle.easy.setopt("WRITEFUNCTION", (chunk) => {
      handle.bytes += chunk.length;
    });
    return handle;
  };
  return {
    start(done) {
      const handle = free.pop() ?? make();
      handle.bytes = 0;
      driver.add(handle.easy, {
        outcome({ error }) {
          free.push(handle);
          done(error, handle.bytes);
        },
      });
    },
    idle(url) {
      const easy = new Easy(library);
      easy.setopt("URL", url);
      driver.add(easy, { outcome() {} });
    },
  };
}

import * as undici from "undici-7";
import * as common from "./undici.mjs";

export const open = (target) => common.openFetch(undici, target);

import * as undici from "undici-6";
import * as common from "./undici.mjs";

export const open = (target) => common.open(undici, target);

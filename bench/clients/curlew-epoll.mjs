import * as curlew from "./curlew.mjs";

export const open = (target) => curlew.open(target, "epoll");

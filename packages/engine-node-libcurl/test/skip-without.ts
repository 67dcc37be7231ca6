/** Of the projects that run other packages' tests over node-libcurl. */
import { beforeEach } from "vitest";
import { skipWithout } from "./support.js";

beforeEach(skipWithout);

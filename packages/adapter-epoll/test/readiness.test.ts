import { readinessTests } from "@curlew/testkit/loop-tests";
import { epollLoop } from "../src/index.js";

readinessTests(epollLoop);

import { readinessTests } from "@curlew/testkit/loop-tests";
import { libuvLoop } from "../src/index.js";

readinessTests(libuvLoop);

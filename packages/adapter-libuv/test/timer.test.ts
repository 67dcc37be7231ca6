import { timerTests } from "@curlew/testkit/loop-tests";
import { libuvLoop } from "../src/index.js";

timerTests(libuvLoop);

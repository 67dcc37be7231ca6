import { timerTests } from "@curlew/testkit/loop-tests";
import { epollLoop } from "../src/index.js";

timerTests(epollLoop);

// Ends the process, as if all were well, before its tests have.
import { it } from "vitest";

it("passes", () => {});
it("never comes to an end", () => process.exit(0));

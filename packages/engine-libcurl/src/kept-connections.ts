/** Kept at least: who asks a few servers in turn finds his connections again. */
const LEAST = 64;
const FOR_EACH_TRANSFER = 4;

/**
 * How many connections a multi keeps (CURLMOPT_MAXCONNECTS). By libcurl's own number, four for each transfer under way now, a
 * client that asks five servers in turn connects each time, and one that had two hundred transfers closes most of its
 * connections whenever there is less to do. Here it is four for each at the busiest moment, when libcurl would have had as many.
 */
export class KeptConnections {
  #underWay = 0;
  #most = 0;
  #chosen = false;

  /** Who says a number himself keeps it. */
  chosen(): void {
    this.#chosen = true;
  }

  /** A transfer begins. Answers what is to be set; undefined: nothing. */
  begun(): number | undefined {
    const wanted = Math.max(LEAST, FOR_EACH_TRANSFER * ++this.#underWay);
    if (this.#chosen || wanted <= this.#most) return undefined;
    this.#most = wanted;
    return wanted;
  }

  ended(): void {
    this.#underWay--;
  }
}

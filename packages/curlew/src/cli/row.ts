/** A URL being got, as it is shown while it is. */
export interface Row {
  readonly label: string;
  /** Of the file, with what was there before; of the body where there is no file. */
  bytes: number;
  /** How many of these were there before. */
  continuedFrom: number;
  totalBytes: number | undefined;
}

/** How a URL was got, or was not. */
export interface Result {
  readonly url: string;
  /** Where it is: a path; null when it was not saved. */
  readonly file: string | null;
  /** What is left of it when it was not: a path, or null. */
  readonly part: string | null;
  /** 0 when there was no answer. */
  readonly status: number;
  /** "1.1", "2"; empty when there was no answer. */
  readonly httpVersion: string;
  /** The size of the file, or of what there is of it. */
  readonly bytes: number;
  /** How many of these were there before. */
  readonly continuedFrom: number;
  readonly tookMs: number;
  /** The code of its error; null: it was got. */
  readonly error: string | null;
  /** libcurl's; 0: it was got; null: libcurl had no say in it. */
  readonly curlCode: number | null;
  readonly message: string | null;
  /** What the program would exit with, were it alone. */
  readonly exitCode: number;
}

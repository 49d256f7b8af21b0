/** What is wrong with a node, if anything. */
export interface Fault {
  readonly expected: string;
  readonly got: string;
}

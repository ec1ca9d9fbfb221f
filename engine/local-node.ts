/** What a node on this same machine is started with. The token is a secret: it does not belong on a command line. */
export interface LocalNodeRequest {
  rank: number;
  masterPort: number;
  token: string;
  sliceFolder: string;
  threads: number;
}

/** A node process that was started here. */
export interface ChildNode {
  /** Resolves when the process has ended, with the last line it wrote on standard error. */
  exited: Promise<string>;
  kill: () => void;
}

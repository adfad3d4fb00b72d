/** How often segments were run by recordings, and what those take. */
export interface SegmentCounts {
  /** Runs by a recording. */
  readonly replayed: number;
  /** Runs as ever, node by node: not recorded yet, without room, or another run of the recording under way. */
  readonly interpreted: number;
  /** Recordings made, those included that have made room for others. */
  readonly recorded: number;
  /** Recordings that are there now. */
  readonly kept: number;
  /** That those hold of the device, as far as it was seen. */
  readonly bytes: number;
}

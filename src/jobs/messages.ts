/** Asks for one look at one job. */
export interface JobMessage {
  jobId: string;
  /**
   * The chain of looks that it belongs to; each look queues the next. A message of an older chain is ignored, so that a
   * job has one chain however often it was restarted. Without a number it is a single look.
   */
  chain?: number;
  /** How many looks the chain has had. */
  turn?: number;
}

export interface WebhookMessage {
  deliveryId: string;
  /** The number of the try to make; a message for another one is out of date. */
  turn: number;
}

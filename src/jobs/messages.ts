/** One look at one job. */
export interface JobMessage {
  jobId: string;
  /**
   * Which chain of looks it belongs to: each sends the next one. A message of an older chain ends, so that there is
   * one chain a job however often it had to be started again. Without a number it is a single look.
   */
  chain?: number;
  /** How many looks the chain has had. */
  turn?: number;
}

export interface WebhookMessage {
  deliveryId: string;
  /** The try that it is to be; a message for another one is out of date. */
  turn: number;
}

const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
];

function fieldMatches(field, value, [low, high]) {
  return field.split(',').some((part) => {
    const parsed = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!parsed) return false;
    const [, first, last, step] = parsed;
    const from = first === undefined ? low : Number(first);
    const to = last !== undefined ? Number(last) : first === undefined || step !== undefined ? high : from;
    return value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
  });
}

/** Does the schedule match this minute, in UTC? Supports numbers, ranges, lists and steps; Sunday is 1, as at Cloudflare. */
export function cronMatches(cron, date) {
  const fields = cron.trim().split(/\s+/);
  const values = [date.getUTCMinutes(), date.getUTCHours(), date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCDay() + 1];
  return fields.length === 5 && fields.every((field, index) => fieldMatches(field, values[index], RANGES[index]));
}

/** Calls `run(cron)` in every minute that a schedule matches; returns a function that stops it. */
export function scheduleCrons(crons, run) {
  let timer;
  const next = () => {
    const wait = 60_000 - (Date.now() % 60_000);
    timer = setTimeout(() => {
      const now = new Date();
      for (const cron of crons) if (cronMatches(cron, now)) run(cron);
      next();
    }, wait + 50);
    timer.unref();
  };
  if (crons.length > 0) next();
  return () => clearTimeout(timer);
}

import { floor } from './floors.mjs';
import { ours, oursAlone } from './ours.mjs';

/**
 * A target has start(ctx) and, when it must be built, prepare(ctx).
 * ctx: name, mockUrl, mockPort, mockKey, workDir, dataDir.
 * start returns: port, pid (the process whose CPU and memory count), stop(), headers, and optionally callers(n)
 * (one header line for each of n accounts), model, quietMs (how long there must be no work for deferred work to be done).
 */
export const TARGETS = {
  direct: {
    start: async (ctx) => ({ port: ctx.mockPort, headers: [`authorization: Bearer ${ctx.mockKey}`], stop: async () => {} }),
  },
  floor: floor('proxy'),
  'floor-do': floor('do'),
  'floor-do-meter': floor('do-meter'),
  'floor-do-pump': floor('do-pump'),
  ours,
  'ours-alone': oursAlone,
};

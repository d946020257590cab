import module from 'node:module';

/**
 * What is changed of Miniflare, as [its text, ours]; a version that has another text is left as it is there.
 * It writes workerd's configuration, all modules in it, into a buffer that it makes four kilobytes longer each time, and
 * copies: most of what a start took. And it puts a Worker of its own behind every outgoing request, to add and take away
 * headers that nobody here reads: a third of what a bare pass-through costs.
 */
export const CHANGES = [
  [
    'minSize = minSize < MIN_SINGLE_SEGMENT_GROWTH ?',
    'minSize = Math.max(minSize, srcBuffer.byteLength);\n  minSize = minSize < MIN_SINGLE_SEGMENT_GROWTH ?',
  ],
  ['globalOutbound: { name: getOutboundInterceptorName(workerIndex) }', 'globalOutbound: getGlobalOutbound(workerIndex, config3, dev)'],
];

let loading;

async function load() {
  // From Node 22.15 on.
  const hooks = module.registerHooks?.({
    load(url, context, next) {
      if (!url.endsWith('/miniflare/dist/src/index.js')) return next(url, context);
      // Its package does not say what it is, and Node would read all five megabytes to find out.
      const loaded = next(url, { ...context, format: 'commonjs' });
      const source = CHANGES.reduce((text, [theirs, ours]) => text.replace(theirs, ours), String(loaded.source));
      return { ...loaded, source };
    },
  });
  try {
    return await import('miniflare');
  } finally {
    hooks?.deregister();
  }
}

/** Miniflare, which starts in half of the time that it takes as published, and stands in no request's way. */
export function loadMiniflare() {
  loading ??= load();
  return loading;
}

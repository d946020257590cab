import module from 'node:module';

/**
 * Miniflare writes workerd's configuration, all modules in it, into a buffer that it makes four kilobytes longer each
 * time, and copies: most of what a start took. Where its text is another one it is left as it is.
 */
export const GROWS = 'minSize = minSize < MIN_SINGLE_SEGMENT_GROWTH ?';
const DOUBLES = `minSize = Math.max(minSize, srcBuffer.byteLength);\n  ${GROWS}`;

let loading;

async function load() {
  // From Node 22.15 on.
  const hooks = module.registerHooks?.({
    load(url, context, next) {
      if (!url.endsWith('/miniflare/dist/src/index.js')) return next(url, context);
      // Its package does not say what it is, and Node would read all five megabytes to find out.
      const loaded = next(url, { ...context, format: 'commonjs' });
      return { ...loaded, source: String(loaded.source).replace(GROWS, DOUBLES) };
    },
  });
  try {
    return await import('miniflare');
  } finally {
    hooks?.deregister();
  }
}

/** Miniflare, which starts in half of the time that it takes as published. */
export function loadMiniflare() {
  loading ??= load();
  return loading;
}

/** The exact versions to install. To upgrade, change one here and run the tests. */
export const VERSIONS = {
  '@anthropic-ai/claude-code': '2.1.332',
  '@openai/codex': '0.171.0',
  'opencode-ai': '1.18.33',
  '@google/gemini-cli': '0.61.0',
  '@qwen-code/qwen-code': '0.24.4',
  '@earendil-works/pi-coding-agent': '1.6.0',
  '@github/copilot': '1.0.102',
  '@continuedev/cli': '1.5.47',
  cline: '3.0.65',
};

/** Packages whose install script puts the binary for this platform in place; the scripts of all others are skipped. */
export const NEEDS_INSTALL_SCRIPT = new Set(['@anthropic-ai/claude-code', 'opencode-ai']);

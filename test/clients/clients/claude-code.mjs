export const claudeCode = {
  id: 'claude-code',
  label: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  providers: ['anthropic', 'openrouter'],
  model: 'claude-sonnet-4-6',
  basePaths: { gateway: '/api', direct: '/anthropic' },

  prepare({ baseUrl, key, model, prompt }) {
    return {
      args: ['-p', prompt, '--model', model, '--permission-mode', 'acceptEdits', '--output-format', 'text'],
      env: {
        ANTHROPIC_BASE_URL: baseUrl,
        ANTHROPIC_API_KEY: key,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        DISABLE_TELEMETRY: '1',
        DISABLE_ERROR_REPORTING: '1',
      },
    };
  },

  toolCall: ({ path, content }) => ({ name: 'Write', arguments: { file_path: path, content } }),

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 2 },
  },
};

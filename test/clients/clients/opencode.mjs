import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const configOf = ({ npm, baseUrl, key, model }) => ({
  $schema: 'https://opencode.ai/config.json',
  autoupdate: false,
  share: 'disabled',
  enabled_providers: ['gateway'],
  model: `gateway/${model}`,
  small_model: `gateway/${model}`,
  provider: { gateway: { npm, name: 'Gateway', options: { baseURL: baseUrl, apiKey: key }, models: { [model]: { name: model } } } },
});

const opencode = (differences) => ({
  package: 'opencode-ai',

  prepare({ home, baseUrl, key, model, prompt }) {
    const directory = join(home, '.config', 'opencode');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'opencode.json'), JSON.stringify(configOf({ npm: differences.npm, baseUrl, key, model })));
    return {
      args: ['run', '--auto', '--model', `gateway/${model}`, prompt],
      env: {
        XDG_CONFIG_HOME: join(home, '.config'),
        XDG_DATA_HOME: join(home, '.local', 'share'),
        XDG_CACHE_HOME: join(home, '.cache'),
        XDG_STATE_HOME: join(home, '.local', 'state'),
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
        OPENCODE_DISABLE_SHARE: '1',
      },
    };
  },

  toolCall({ path, content, toolNames }) {
    if (toolNames.includes('write')) return { name: 'write', arguments: { filePath: path, content } };
    // Models named gpt get a patch tool instead of a write tool.
    return { name: 'bash', arguments: { command: `printf '%s' '${content}' > '${path}'`, description: 'Writes the note' } };
  },

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 3 },
    // After a 429 it retries a turn five times and a title twice; only the last refusal is shown.
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 9, withinMs: 120_000 },
  },
  ...differences,
});

export const opencodeChat = opencode({
  id: 'opencode-chat',
  label: 'OpenCode, chat',
  npm: '@ai-sdk/openai-compatible',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.5',
  basePaths: { gateway: '/api/v1', direct: '/openai/v1' },
});

export const opencodeAnthropic = opencode({
  id: 'opencode-anthropic',
  label: 'OpenCode, anthropic',
  npm: '@ai-sdk/anthropic',
  providers: ['anthropic', 'openrouter'],
  model: 'claude-sonnet-4-6',
  basePaths: { gateway: '/api/v1', direct: '/anthropic/v1' },
});

export const opencodeResponses = opencode({
  id: 'opencode-responses',
  label: 'OpenCode, responses',
  npm: '@ai-sdk/openai',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.3-codex',
  basePaths: { gateway: '/api/v1', direct: '/openai/v1' },
});

export const opencodeGemini = opencode({
  id: 'opencode-gemini',
  label: 'OpenCode, gemini',
  npm: '@ai-sdk/google',
  providers: ['google', 'openrouter'],
  model: 'gemini-3-flash-official',
  basePaths: { gateway: '/api/v1', direct: '/google/v1beta' },
});

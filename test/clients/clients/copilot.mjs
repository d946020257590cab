import { A_FEW } from '../lib/scenarios.mjs';

const copilot = (differences) => ({
  scenarios: A_FEW,
  package: '@github/copilot',

  prepare({ home, baseUrl, key, model, prompt }) {
    return {
      args: [
        '-p',
        prompt,
        '--allow-all-tools',
        '--allow-all-paths',
        '--no-color',
        '--disable-builtin-mcps',
        '--disable-client-telemetry',
        '--no-auto-update',
      ],
      env: {
        COPILOT_HOME: home,
        COPILOT_MODEL: model,
        COPILOT_PROVIDER_BASE_URL: baseUrl,
        COPILOT_PROVIDER_API_KEY: key,
        COPILOT_OFFLINE: 'true',
        ...differences.env,
      },
    };
  },

  toolCall({ path, content, toolNames }) {
    if (toolNames.includes('create')) return { name: 'create', arguments: { path, file_text: content } };
    return { name: 'bash', arguments: { command: `printf '%s' '${content}' > '${path}'`, description: 'Writes the note', mode: 'sync' } };
  },

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 9, withinMs: 120_000 },
  },
  ...differences,
});

export const copilotChat = copilot({
  id: 'copilot-chat',
  label: 'Copilot CLI, chat',
  env: {},
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.5',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },
});

export const copilotResponses = copilot({
  id: 'copilot-responses',
  label: 'Copilot CLI, responses',
  env: { COPILOT_PROVIDER_WIRE_API: 'responses' },
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.3-codex',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },
});

export const copilotAnthropic = copilot({
  id: 'copilot-anthropic',
  label: 'Copilot CLI, anthropic',
  env: { COPILOT_PROVIDER_TYPE: 'anthropic' },
  providers: ['anthropic', 'openrouter'],
  model: 'claude-sonnet-4-6',
  basePaths: { gateway: '', direct: '/anthropic' },
});

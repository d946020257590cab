import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { A_FEW } from '../lib/scenarios.mjs';

const pi = (differences) => ({
  scenarios: A_FEW,
  package: '@earendil-works/pi-coding-agent',

  prepare({ home, baseUrl, key, model, prompt }) {
    const directory = join(home, '.pi', 'agent');
    mkdirSync(directory, { recursive: true });
    const gateway = { baseUrl, api: differences.api, apiKey: '$GATEWAY_API_KEY', models: [{ id: model }] };
    writeFileSync(join(directory, 'models.json'), JSON.stringify({ providers: { gateway } }));
    return {
      args: ['--provider', 'gateway', '--model', model, '--no-session', '-p', prompt],
      env: { GATEWAY_API_KEY: key, PI_CODING_AGENT_DIR: directory, PI_OFFLINE: '1' },
    };
  },

  toolCall: ({ path, content }) => ({ name: 'write', arguments: { path, content } }),

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 5 },
  },
  ...differences,
});

export const piChat = pi({
  id: 'pi-chat',
  label: 'pi, chat',
  api: 'openai-completions',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.5',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },
});

export const piResponses = pi({
  id: 'pi-responses',
  label: 'pi, responses',
  api: 'openai-responses',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.3-codex',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },
});

export const piAnthropic = pi({
  id: 'pi-anthropic',
  label: 'pi, anthropic',
  api: 'anthropic-messages',
  providers: ['anthropic', 'openrouter'],
  model: 'claude-sonnet-4-6',
  basePaths: { gateway: '', direct: '/anthropic' },
});

export const piGemini = pi({
  id: 'pi-gemini',
  label: 'pi, gemini',
  api: 'google-generative-ai',
  providers: ['google', 'openrouter'],
  model: 'gemini-3-flash-official',
  basePaths: { gateway: '/v1beta', direct: '/google/v1beta' },
});

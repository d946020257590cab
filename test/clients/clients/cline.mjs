import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { A_FEW } from '../lib/scenarios.mjs';

/** The file that `cline auth` writes. */
const providersOf = ({ baseUrl, key, model }) => ({
  version: 1,
  lastUsedProvider: 'openai-compatible',
  modes: {},
  providers: {
    'openai-compatible': {
      settings: { provider: 'openai-compatible', apiKey: key, model, baseUrl },
      updatedAt: new Date().toISOString(),
      tokenSource: 'manual',
    },
  },
});

export const cline = {
  id: 'cline',
  label: 'Cline CLI',
  scenarios: A_FEW,
  package: 'cline',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.5',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },

  prepare({ home, baseUrl, key, model, prompt }) {
    const directory = join(home, '.cline', 'data', 'settings');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'providers.json'), JSON.stringify(providersOf({ baseUrl, key, model })));
    return { args: ['--json', '--auto-approve', 'true', prompt], env: { CLINE_TELEMETRY_DISABLED: '1' } };
  },

  toolCall({ path, content, toolNames }) {
    if (toolNames.includes('editor')) return { name: 'editor', arguments: { path, new_text: content } };
    return { name: 'run_commands', arguments: { commands: [`printf '%s' '${content}' > '${path}'`] } };
  },

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 9, withinMs: 120_000 },
  },
};

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { A_FEW } from '../lib/scenarios.mjs';

const SETTINGS = {
  // Off, because it runs a turn of its own, with tools, after each answer.
  memory: { enableManagedAutoMemory: false },
  general: { disableAutoUpdate: true, disableUpdateNag: true },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
};

export const qwenCode = {
  id: 'qwen-code',
  label: 'Qwen Code',
  scenarios: [...A_FEW, 'limit'],
  package: '@qwen-code/qwen-code',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.5',
  basePaths: { gateway: '/v1', direct: '/openai/v1' },

  prepare({ home, baseUrl, key, model, prompt }) {
    mkdirSync(join(home, '.qwen'), { recursive: true });
    writeFileSync(join(home, '.qwen', 'settings.json'), JSON.stringify(SETTINGS));
    return {
      args: ['--auth-type', 'openai', '-m', model, '--yolo', '--output-format', 'text', prompt],
      env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model },
    };
  },

  toolCall: ({ path, content }) => ({ name: 'write_file', arguments: { file_path: path, content } }),

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 24 },
  },
};

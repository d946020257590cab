import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SETTINGS = {
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  security: { auth: { selectedType: 'gemini-api-key' } },
};

export const geminiCli = {
  id: 'gemini-cli',
  label: 'Gemini CLI',
  package: '@google/gemini-cli',
  providers: ['google', 'openrouter'],
  model: 'gemini-3-flash-official',
  basePaths: { gateway: '/api/v1/gemini', direct: '/google' },

  prepare({ home, baseUrl, key, model, prompt }) {
    mkdirSync(join(home, '.gemini'), { recursive: true });
    writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify(SETTINGS));
    return {
      args: ['-m', model, '--yolo', '--output-format', 'text', '-p', prompt],
      env: {
        GEMINI_API_KEY: key,
        GOOGLE_GEMINI_BASE_URL: baseUrl,
        GEMINI_CLI_TRUST_WORKSPACE: 'true',
        GEMINI_TELEMETRY_ENABLED: 'false',
      },
    };
  },

  toolCall: ({ path, content }) => ({ name: 'write_file', arguments: { file_path: path, content } }),

  refusals: {
    credits: { shows: /Top up to go on/, mostRequests: 2 },
    limit: { shows: /spending limit of [\d.]+ credits a month/, mostRequests: 2 },
  },
};

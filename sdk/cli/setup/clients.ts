/** What each client wants to be told: see docs/clients.md. Pure: from the texts of its files to what they become. */
import { join } from 'node:path';
import { mergeJson } from './json.js';
import { setToml } from './toml.js';

export interface Gateway {
  apiKey: string;
  /** Ends in `/v1`, as the documented one does. */
  baseURL: string;
  model: string | undefined;
}

export interface Edit {
  path: string;
  /** What the file is to hold, from what it holds. */
  apply: (before: string | undefined) => string;
}

export interface Client {
  title: string;
  edits: (gateway: Gateway, home: string, environment: NodeJS.ProcessEnv) => Edit[];
  /** What is left for its user to do. */
  nextStep: (gateway: Gateway) => string;
}

/** Some clients put the version into their paths by themselves. */
const withoutVersion = (baseURL: string): string => baseURL.replace(/\/v1$/, '');

const claudeCode: Client = {
  title: 'Claude Code',
  edits: ({ apiKey, baseURL, model }, home, { CLAUDE_CONFIG_DIR }) => [
    {
      path: join(CLAUDE_CONFIG_DIR || join(home, '.claude'), 'settings.json'),
      apply: (before) =>
        mergeJson(before, {
          env: { ANTHROPIC_BASE_URL: withoutVersion(baseURL), ANTHROPIC_API_KEY: apiKey },
          ...(model !== undefined && { model }),
        }),
    },
  ],
  nextStep: () => 'Start it with: claude',
};

const codex: Client = {
  title: 'Codex CLI',
  edits: ({ baseURL, model = 'gpt-5.3-codex' }, home, { CODEX_HOME }) => [
    {
      path: join(CODEX_HOME || join(home, '.codex'), 'config.toml'),
      apply: (before = '') =>
        setToml(
          before,
          { model_provider: 'hypereal', model },
          {
            name: 'model_providers.hypereal',
            values: { name: 'Hypereal', base_url: baseURL, wire_api: 'responses', env_key: 'HYPEREAL_API_KEY' },
          },
        ),
    },
  ],
  nextStep: () => 'It takes the key from the environment: export HYPEREAL_API_KEY=ck_... and start it with: codex',
};

const opencode: Client = {
  title: 'OpenCode',
  edits: ({ apiKey, baseURL, model = 'gpt-5.5' }, home, { XDG_CONFIG_HOME }) => {
    const options = { baseURL, apiKey };
    const claude = 'claude-sonnet-4-6';
    return [
      {
        path: join(XDG_CONFIG_HOME || join(home, '.config'), 'opencode', 'opencode.json'),
        apply: (before) =>
          mergeJson(before, {
            $schema: 'https://opencode.ai/config.json',
            model: /^claude/.test(model) ? `hypereal-claude/${model}` : `hypereal/${model}`,
            provider: {
              hypereal: {
                npm: '@ai-sdk/openai-compatible',
                name: 'Hypereal',
                options,
                models: { [/^claude/.test(model) ? 'gpt-5.5' : model]: {} },
              },
              'hypereal-claude': {
                npm: '@ai-sdk/anthropic',
                name: 'Hypereal, Claude',
                options,
                models: { [/^claude/.test(model) ? model : claude]: {} },
              },
            },
          }),
      },
    ];
  },
  nextStep: () => 'Start it with: opencode',
};

/** Variables of an `.env` file; what else is in it stays. */
function setVariables(before: string, variables: Readonly<Record<string, string>>): string {
  const kept = before.split('\n').filter((line) => !Object.keys(variables).some((name) => line.startsWith(`${name}=`)));
  while (kept.at(-1) === '') kept.pop();
  return `${[...kept, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)].join('\n')}\n`;
}

const gemini: Client = {
  title: 'Gemini CLI',
  edits: ({ apiKey, baseURL, model }, home) => [
    {
      path: join(home, '.gemini', '.env'),
      apply: (before = '') => setVariables(before, { GOOGLE_GEMINI_BASE_URL: `${baseURL}/gemini`, GEMINI_API_KEY: apiKey }),
    },
    {
      path: join(home, '.gemini', 'settings.json'),
      apply: (before) =>
        mergeJson(before, {
          security: { auth: { selectedType: 'gemini-api-key' } },
          ...(model !== undefined && { model: { name: model } }),
        }),
    },
  ],
  nextStep: ({ model = 'gemini-3-flash-official' }) => `Start it with: gemini -m ${model}`,
};

export const CLIENTS: Readonly<Record<string, Client>> = { 'claude-code': claudeCode, codex, opencode, gemini };

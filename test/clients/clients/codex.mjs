import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The documented configuration, with telemetry and update checks switched off. */
const config = (baseUrl, model, more = '') => `
model_provider = "gateway"
model = "${model}"
check_for_update_on_startup = false
[analytics]
enabled = false
[feedback]
enabled = false
[model_providers.gateway]
name = "Gateway"
base_url = "${baseUrl}"
wire_api = "responses"
env_key = "GATEWAY_API_KEY"
${more}`;

const client = (more) => ({
  package: '@openai/codex',
  providers: ['openai', 'openrouter'],
  model: 'gpt-5.3-codex',
  basePaths: { gateway: '/api/v1', direct: '/openai/v1' },

  prepare({ home, baseUrl, key, model, prompt }) {
    const directory = join(home, '.codex');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'config.toml'), config(baseUrl, model, more));
    return {
      // Its sandbox needs kernel features that containers lack; its working folder is a scratch folder anyway.
      args: ['exec', '--skip-git-repo-check', '--ephemeral', '--dangerously-bypass-approvals-and-sandbox', '--color', 'never', prompt],
      env: { CODEX_HOME: directory, GATEWAY_API_KEY: key },
    };
  },

  toolCall({ path, content, toolNames }) {
    const cmd = `printf '%s' '${content}' > '${path}' && cat '${path}'`;
    if (toolNames.includes('exec_command')) return { name: 'exec_command', arguments: { cmd } };
    if (toolNames.includes('shell_command')) return { name: 'shell_command', arguments: { command: cmd } };
    return { name: 'shell', arguments: { command: ['bash', '-lc', cmd] } };
  },

  refusals: {
    // It retries every refusal other than a 429 six times.
    credits: { shows: /Top up to go on/, mostRequests: 6 },
    limit: { shows: /Quota exceeded/, mostRequests: 1 },
  },
});

export const codex = { ...client(), id: 'codex', label: 'Codex CLI' };

/** As it asks wherever it is given a base URL without a provider of its own. */
export const codexSocket = {
  ...client('supports_websockets = true\n'),
  id: 'codex-socket',
  label: 'Codex CLI, WebSocket',
  // A refused turn is no request of its own.
  refusals: { ...client().refusals, limit: { ...client().refusals.limit, leastRequests: 0 } },
};

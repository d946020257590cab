/** What one client talks to: scripted providers and, unless it is connected to them directly, a gateway in front of them. */
import { openAccount } from '../../e2e/support/account.ts';
import { Upstream } from '../../e2e/support/upstream.ts';
import { Worker } from '../../e2e/support/worker.ts';
import { Tap } from './tap.mjs';

const PROVIDERS = ['anthropic', 'openai', 'google', 'openrouter'];
const VERSION_OF = { google: 'v1beta' };

export class Stage {
  script = undefined;

  static async open({ direct }) {
    const stage = new Stage();
    stage.upstream = await Upstream.start();
    const variables = { HOURLY_LIMITS: '{"chat":1000000}' };
    for (const provider of PROVIDERS) {
      const desk = stage.upstream.desk(provider);
      desk.replyAlways((seen) => stage.script?.answer(provider, seen));
      variables[`${provider.toUpperCase()}_BASE_URL`] = desk.baseUrl.replace(/v1$/, VERSION_OF[provider] ?? 'v1');
      variables[`${provider.toUpperCase()}_API_KEY`] = `key-of-${provider}-0123456789`;
    }
    if (!direct) {
      stage.worker = await Worker.start(variables).catch(async (error) => {
        await stage.upstream.stop();
        throw error;
      });
    }
    return stage;
  }

  /** Each scenario has its own tap, so that late requests of the one before are not counted. */
  tap() {
    return Tap.start(this.worker?.url ?? this.upstream.desk('openai').baseUrl);
  }

  async keyFor({ openingCredits, spendingLimit }) {
    if (this.worker === undefined) return 'key-of-a-client-0123456789';
    const account = await openAccount(this.worker, openingCredits ?? 10_000);
    return spendingLimit === undefined ? account.key : account.addKey({ spendingLimit });
  }

  async close() {
    await this.upstream.stop();
    await this.worker?.stop();
  }
}

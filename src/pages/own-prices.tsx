/** Prices for the wallet that a page is about, which the operator may have given a factor of its own. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationNamed, organizationsOf } from '../console/me/show';
import { LIST_PERMILLE } from '../core/money';
import type { AppContext } from '../http/context';
import { modelAt } from '../providers/catalogue/beside';
import type { Model } from '../providers/types';

export interface OwnPrices {
  models: readonly Model[];
  /** Set where the prices are not the list prices. */
  own: { wallet: string; percent: number } | undefined;
}

async function walletOf(c: AppContext, context: VerbContext): Promise<{ accountId: string; name: string }> {
  const asked = c.req.query('org');
  const organizations = asked === undefined ? [] : await organizationsOf(context.db, context.actor.id);
  const { accountId, name } = organizationNamed(organizations, asked) ?? {};
  return accountId !== undefined && name !== undefined
    ? { accountId, name }
    : { accountId: context.accountId, name: 'your personal wallet' };
}

async function sharePermille(c: AppContext, context: VerbContext): Promise<{ permille: number; wallet: string }> {
  const { accountId, name: wallet } = await walletOf(c, context);
  // The page works without it.
  const view = await context
    .account(accountId)
    .view()
    .catch(() => undefined);
  return { permille: view?.profile.pricePermille ?? LIST_PERMILLE, wallet };
}

const ownOf = (permille: number, wallet: string): OwnPrices['own'] =>
  permille === LIST_PERMILLE ? undefined : { wallet, percent: permille / (LIST_PERMILLE / 100) };

export async function modelsAtOwnPrices(c: AppContext, context: VerbContext | undefined): Promise<OwnPrices> {
  const models = c.get('gateway').registry.models.all;
  if (!context) return { models, own: undefined };
  const { permille, wallet } = await sharePermille(c, context);
  return { models: models.map((model) => modelAt(model, permille)), own: ownOf(permille, wallet) };
}

export const OfWhom: FC<{ own: OwnPrices['own'] }> = ({ own }) =>
  own ? (
    <p class="notice">
      The prices here are those of <span class="break">{own.wallet}</span>: <b>{own.percent} %</b> of the list’s.
    </p>
  ) : null;

/** For GPU prices: the wallet's factor applies to runs, but not to idle workers. */
export async function runsOfWhom(c: AppContext, context: VerbContext | undefined) {
  const { permille, wallet } = context ? await sharePermille(c, context) : { permille: LIST_PERMILLE, wallet: '' };
  const own = ownOf(permille, wallet);
  return own ? (
    <p class="notice">
      Runs cost <span class="break">{own.wallet}</span> <b>{own.percent} %</b> of these prices; a worker that waits costs everybody the
      same.
    </p>
  ) : null;
}

/** Prices as the wallet pays them that a page is about: an operator may have given it its own. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationsOf } from '../console/me/show';
import { LIST_PERMILLE } from '../core/money';
import type { AppContext } from '../http/context';
import { modelAt } from '../providers/catalogue/beside';
import type { Model } from '../providers/types';

export interface OwnPrices {
  models: readonly Model[];
  /** Whose prices they are, where they are not everybody's. */
  own: { wallet: string; percent: number } | undefined;
}

async function walletOf(c: AppContext, context: VerbContext): Promise<{ accountId: string; name: string }> {
  const asked = c.req.query('org');
  const organizations = asked === undefined ? [] : await organizationsOf(context.db, context.actor.id);
  const { accountId, name } = organizations.find(({ id, slug }) => id === asked || slug === asked) ?? {};
  return accountId !== undefined && name !== undefined
    ? { accountId, name }
    : { accountId: context.accountId, name: 'your personal wallet' };
}

export async function modelsAtOwnPrices(c: AppContext, context: VerbContext | undefined): Promise<OwnPrices> {
  const models = c.get('gateway').registry.models.all;
  if (!context) return { models, own: undefined };
  const { accountId, name: wallet } = await walletOf(c, context);
  // The page is whole without it.
  const view = await context
    .account(accountId)
    .view()
    .catch(() => undefined);
  const permille = view?.profile.pricePermille ?? LIST_PERMILLE;
  if (permille === LIST_PERMILLE) return { models, own: undefined };
  return { models: models.map((model) => modelAt(model, permille)), own: { wallet, percent: permille / (LIST_PERMILLE / 100) } };
}

export const OfWhom: FC<{ own: OwnPrices['own'] }> = ({ own }) =>
  own ? (
    <p class="notice">
      The prices here are those of <span class="break">{own.wallet}</span>: <b>{own.percent} %</b> of the list’s.
    </p>
  ) : null;

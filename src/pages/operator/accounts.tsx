/** All accounts: listed, searched, made. */
import type { FC } from 'hono/jsx';
import { createAccount, createAccountInput } from '../../console/accounts';
import type { OperatorContext } from '../../console/context';
import { availableCreditsOf, FOUND_AT_MOST, type ListedAccount, newestAccounts, searchAccounts } from '../../console/operator/accounts';
import { ok, type Result } from '../../core/errors';
import type { TierId } from '../../core/tiers';
import { TIERS } from '../../core/tiers';
import type { AppContext } from '../../http/context';
import { type AccountRoute, queryOf } from '../../routes/account/route';
import { inLabels, marked, readForm } from '../form';
import { Day, dollars, Empty, Headings, Name, Notice, Pages, Scroll } from '../parts';
import { fields, page, refusalPage } from '../shell';

export const ACCOUNTS = '/operator/accounts';
export const accountPath = (id: string): string => `${ACCOUNTS}/${id}`;

/** Each is asked what it has. */
const PAGE = 25;

export const percent = (factor: number): string => `${Number((factor * 100).toFixed(1))} %`;

export const Standing: FC<{ of: Pick<ListedAccount, 'tier' | 'status' | 'priceFactor'> }> = ({ of: { tier, status, priceFactor } }) => (
  <>
    <span class="tag">{tier}</span> {priceFactor !== 1 && <span class="tag">{percent(priceFactor)}</span>}{' '}
    {status !== 'active' && <span class="tag bad">{status}</span>}
  </>
);

const Table: FC<{ accounts: ListedAccount[]; available: ReadonlyMap<string, number> }> = ({ accounts, available }) => (
  <Scroll label="Accounts" long>
    <table>
      <Headings of={['Account', 'Standing', 'Since', 'Available']} figures={['Available']} wide={['Standing', 'Since']} />
      <tbody>
        {accounts.map((account) => {
          const has = available.get(account.id);
          return (
            <tr>
              <th scope="row" class="break">
                <a href={accountPath(account.id)}>
                  <Name of={account.name} />
                </a>
                {account.email !== null && account.email !== account.name && (
                  <small>
                    <Name of={account.email} />
                  </small>
                )}
                <small class="narrow-only">
                  <Standing of={account} />
                </small>
              </th>
              <td class="wide-only">
                <Standing of={account} />
              </td>
              <td class="wide-only">
                <Day at={account.createdAt} />
              </td>
              <td class="number">{has === undefined ? '–' : dollars(has)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  </Scroll>
);

const LABELS = { name: 'Name', email: 'E-mail, for who it is', credits: 'Credits to begin with', tier: 'Tier' };

export const TierChoice: FC<{ chosen: string | undefined; label: string }> = ({ chosen, label }) => (
  <label>
    {label}
    <select name="tier">
      {TIERS.map(({ id }) => (
        <option value={id} selected={id === chosen}>
          {id}
        </option>
      ))}
    </select>
  </label>
);

interface Sent {
  texts: Record<string, string>;
  error?: Parameters<typeof inLabels>[0] | undefined;
}

const CreateForm: FC<{ sent: Sent }> = ({ sent: { texts, error } }) => (
  <form class="panel" method="post" action={ACCOUNTS}>
    <div class="tight">
      <h2>New account</h2>
      <p class="small quiet">For programs alone: people make their own by signing up. Its keys are made on its page.</p>
    </div>
    <div class="halves">
      <label>
        {LABELS.name}
        <input name="name" required maxlength={200} value={texts.name} placeholder="Acme, production" {...marked(error, 'name')} />
      </label>
      <label>
        {LABELS.email}
        <input name="email" type="email" value={texts.email} placeholder="optional" {...marked(error, 'email')} />
      </label>
      <label>
        {LABELS.credits}
        <input
          name="credits"
          type="number"
          min="0"
          step="any"
          inputmode="decimal"
          value={texts.credits}
          placeholder="100 are 1 USD"
          {...marked(error, 'credits')}
        />
      </label>
      <TierChoice chosen={texts.tier} label={LABELS.tier} />
    </div>
    <div class="row">
      <button type="submit">Create the account</button>
    </div>
  </form>
);

type Listed = { accounts: ListedAccount[]; nextCursor: string | null };

const listed = async (context: OperatorContext, { search, cursor }: Record<string, string>): Promise<Result<Listed>> =>
  search === undefined ? newestAccounts(context, PAGE, cursor) : ok({ accounts: await searchAccounts(context, search), nextCursor: null });

async function accountsPage(c: AppContext, context: OperatorContext, sent: Sent = { texts: {} }): Promise<Response> {
  const query = queryOf(c);
  const found = await listed(context, query);
  if (!found.ok) return refusalPage(c, found.error);
  const { accounts, nextCursor } = found.value;
  const available = await availableCreditsOf(
    context,
    accounts.map(({ id }) => id),
  );
  const { search } = query;
  return page(
    c,
    { title: 'Accounts', operator: true, ...(sent.error && { status: 400 }) },
    <>
      <h1>Accounts</h1>
      <Notice error={sent.error} />
      <form class="row ends" method="get" action={ACCOUNTS} aria-label="Accounts">
        <label>
          Name, e-mail, or the id of an account, an organization or a key
          <input name="search" type="search" value={search} maxlength={200} />
        </label>
        <button type="submit">Search</button>
        {search !== undefined && (
          <a class="button plain" href={ACCOUNTS}>
            All
          </a>
        )}
      </form>
      {accounts.length > 0 ? (
        <Table accounts={accounts} available={available} />
      ) : (
        <Empty title={search === undefined ? 'No account yet' : 'No account fits'}>
          <p>An account is here once somebody has signed up, or you have made one.</p>
        </Empty>
      )}
      {search !== undefined && accounts.length === FOUND_AT_MOST && <p class="small quiet">And perhaps more, which are older.</p>}
      <Pages of="accounts" path={ACCOUNTS} query={query} nextCursor={nextCursor} />
      <CreateForm sent={sent} />
    </>,
  );
}

async function create(c: AppContext, context: OperatorContext): Promise<Response> {
  const texts = await fields(c);
  const { name, email, credits, tier } = texts;
  const given = { name, ...(email && { email }), ...(credits && { credits: Number(credits) }), tier: tier as TierId };
  const input = readForm(createAccountInput, given, LABELS);
  if (!input.ok) return accountsPage(c, context, { texts, error: inLabels(input.error, LABELS) });
  const { id } = await createAccount(context, input.value);
  return c.redirect(accountPath(id), 303);
}

export const operatorAccountPages: AccountRoute[] = [
  { method: 'GET', path: ACCOUNTS, permission: 'operator', handle: (c, context) => accountsPage(c, context) },
  { method: 'POST', path: ACCOUNTS, permission: 'operator', handle: create },
];

/** One account as its operator sees it: what it has and held, whose it is, its keys and last lines. */
import type { FC } from 'hono/jsx';
import { findAccount, showAccount } from '../../console/accounts';
import { type KeyView, listKeys } from '../../console/api-keys/internal';
import type { OperatorContext } from '../../console/context';
import { type OwnedBy, ownersOf } from '../../console/operator/accounts';
import { THIS_PERIOD } from '../../core/limit-period';
import { filledText, isFilled } from '../../core/record';
import type { AppContext } from '../../http/context';
import { SecretShown } from '../key-form';
import { alignedCredits, credits, Day, Empty, Figures, Headings, inBoth, Name, Notice, Scroll, signedCredits, Time } from '../parts';
import { page, refusalPage } from '../shell';
import { shown, shownTo } from '../shown-once';
import { GrantForm, KeyForm, type SentForm, type ShownAccount, StandingForms } from './account-forms';
import { accountPath, percent } from './accounts';
import { callPath } from './call';

/** A key as it is just once, with its secret. */
export interface MadeKey {
  name: string;
  key: string;
}

/** What a form has done, by what its redirect says. */
const DONE: Readonly<Record<string, string>> = {
  grant: 'The credits are booked.',
  repeated: 'This was booked before, and was not booked again.',
  tier: 'The tier is set.',
  prices: 'The prices are set; they hold from the next call on.',
  suspended: 'Suspended: its keys open nothing from the next call on.',
  resumed: 'Resumed.',
  revoked: 'The key is revoked.',
  checked: 'Its books were checked just now, and are right.',
};

const AccountFigures: FC<{ of: ShownAccount }> = ({ of: { account, balanceCredits, heldCredits, availableCredits } }) => (
  <Figures
    of={[
      inBoth('Available', availableCredits),
      inBoth('Balance', balanceCredits),
      inBoth('Held for calls under way', heldCredits),
      inBoth('Topped up so far', account.topUpCredits),
    ]}
  />
);

const Facts: FC<{ of: ShownAccount; owners: OwnedBy }> = ({ of: { account }, owners: { organization, people } }) => (
  <section class="panel stack" aria-labelledby="whose">
    <h2 id="whose">Whose it is</h2>
    <dl class="facts">
      {organization && (
        <>
          <dt>Organization</dt>
          <dd>
            {organization.name} <span class="quiet mono">{organization.id}</span>
            {organization.isDeleted && <span class="tag bad">deleted</span>}
          </dd>
        </>
      )}
      {people.map(({ email, role, lastSeen }) => (
        <>
          <dt>{organization ? role : 'Person'}</dt>
          <dd>
            <Name of={email} />
            {lastSeen !== null && (
              <span class="quiet">
                , seen <Day at={lastSeen} />
              </span>
            )}
          </dd>
        </>
      ))}
      {people.length === 0 && (
        <>
          <dt>Person</dt>
          <dd>{account.email ?? 'none: it has keys alone'}</dd>
        </>
      )}
      <dt>Tier</dt>
      <dd>
        {account.tier}
        {account.tier !== account.grantedTier && <span class="quiet"> by what was topped up; granted: {account.grantedTier}</span>}
      </dd>
      <dt>Prices</dt>
      <dd>{account.priceFactor === 1 ? 'the list’s' : `${percent(account.priceFactor)} of the list’s`}</dd>
      <dt>Since</dt>
      <dd>
        <Day at={account.createdAt} />
      </dd>
    </dl>
  </section>
);

const spentOf = ({ spentThisMonth, spendingLimit, spentOfLimit, limitPeriod }: KeyView): string =>
  spendingLimit === null
    ? `${credits(spentThisMonth)} this month`
    : `${credits(spentOfLimit)} of ${credits(spendingLimit)} ${THIS_PERIOD[limitPeriod]}`;

const Keys: FC<{ keys: KeyView[]; path: string }> = ({ keys, path }) => (
  <Scroll label="Keys">
    <table>
      <Headings of={['Key', 'Status', 'Spent, in credits', 'End']} figures={['Spent, in credits', 'End']} wide={['Status']} />
      <tbody>
        {keys.map((key) => (
          <tr>
            <th scope="row" class="break">
              <Name of={key.name} /> {key.mode === 'test' && <span class="tag">test</span>}
              {key.purpose && <span class="tag">{key.purpose}</span>}
              <small class="mono">{key.id}</small>
            </th>
            <td class="wide-only">
              <span class={key.status === 'active' ? 'tag good' : 'tag bad'}>{key.status}</span>
            </td>
            <td class="number">{spentOf(key)}</td>
            <td class="number">
              {key.status !== 'revoked' && (
                <form
                  class="inline"
                  method="post"
                  action={`${path}/keys/${key.id}/revoke`}
                  data-ask={`Revoke “${key.name}”? Its next call fails, and it does not come back.`}
                >
                  <button type="submit" class="link danger" aria-label={`Revoke ${key.name}`}>
                    Revoke
                  </button>
                </form>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const Holds: FC<{ holds: ShownAccount['holds'] }> = ({ holds }) => (
  <section class="stack" aria-labelledby="holds">
    <h2 id="holds">Under way</h2>
    <Scroll label="Holds">
      <table>
        <Headings of={['Since (UTC)', 'Model', 'Until at most', 'Held']} figures={['Held']} wide={['Until at most']} />
        <tbody>
          {holds.map(({ id, model, openedAt, deadline, heldCredits }) => (
            <tr>
              <td>
                <Time at={openedAt} />
              </td>
              <td class="break">
                <Name of={model} />
                <small class="mono">
                  <Name of={id} />
                </small>
              </td>
              <td class="wide-only">
                <Time at={deadline} />
              </td>
              <td class="number">{alignedCredits(heldCredits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

const Lines: FC<{ lines: ShownAccount['ledger']; accountId: string }> = ({ lines, accountId }) => (
  <section class="stack" aria-labelledby="lines">
    <div class="head">
      <h2 id="lines">Last lines of the ledger</h2>
      <form class="row ends" method="get" action={`${accountPath(accountId)}/calls`} aria-label="Find a request">
        <label>
          A request’s id
          <input name="call" required maxlength={100} placeholder="req_…" spellcheck={false} />
        </label>
        <button type="submit" class="plain">
          Show it
        </button>
      </form>
    </div>
    {lines.length === 0 ? (
      <Empty title="Nothing has come or gone yet" />
    ) : (
      <Scroll label="Ledger" long>
        <table>
          <Headings of={['Time (UTC)', 'What', 'How it ended', 'Credits']} figures={['Credits']} wide={['How it ended']} />
          <tbody>
            {lines.map(({ id, kind, model, test, closedAt, outcome, detail, amountCredits }) => (
              <tr>
                <td>{closedAt !== null && <Time at={closedAt} />}</td>
                <td class="break">
                  {kind === 'grant' ? (
                    (filledText(detail.reason) ?? 'Credits')
                  ) : (
                    <a href={callPath(accountId, id)}>
                      <Name of={model ?? kind} />
                    </a>
                  )}{' '}
                  {test && <span class="tag">test</span>}
                  <small class="mono">
                    <Name of={id} />
                  </small>
                </td>
                <td class="wide-only break">
                  {filledText(detail.ending) ?? (kind === 'grant' ? '' : outcome)}
                  {isFilled(detail.provider) && <small>{detail.provider}</small>}
                </td>
                <td class="number">{signedCredits(amountCredits)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    )}
  </section>
);

export async function accountPage(c: AppContext, context: OperatorContext, sent: SentForm = { texts: {} }): Promise<Response> {
  const found = await findAccount(context, c.req.param('id') ?? '');
  if (!found.ok) return refusalPage(c, found.error);
  const { id } = found.value.profile;
  const path = accountPath(id);
  const [about, { keys }, owners, secret] = await Promise.all([
    showAccount(context, found.value),
    listKeys(context, id),
    ownersOf(context, id),
    shownTo<MadeKey>(c, context),
  ]);
  const { account, holds, ledger } = about;
  return page(
    c,
    { title: account.name, operator: true, ...(sent.error && { status: 400 }), cookie: secret && shown(context, path) },
    <>
      <div class="head">
        <div class="tight">
          <h1>{account.name}</h1>
          <p class="small">
            <span class="mono break">{id}</span> {account.status !== 'active' && <span class="tag bad">{account.status}</span>}
          </p>
        </div>
        <div class="row">
          <a class="button plain" href={`${path}/audit`}>
            Audit log
          </a>
          <form class="inline" method="post" action={`${path}/check`}>
            <button type="submit" class="plain">
              Check its books
            </button>
          </form>
        </div>
      </div>
      <Notice error={sent.error} message={DONE[c.req.query('done') ?? '']} />
      {secret && (
        <div class="panel">
          <SecretShown name={secret.name} secret={secret.key} />
        </div>
      )}
      <AccountFigures of={about} />
      <div class="columns">
        <GrantForm path={path} sent={sent} />
        <Facts of={about} owners={owners} />
      </div>
      <StandingForms of={account} path={path} sent={sent} />
      <section class="stack" aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        {keys.length > 0 ? <Keys keys={keys} path={path} /> : <Empty title="No key yet" />}
        <KeyForm path={path} sent={sent} />
      </section>
      {holds.length > 0 && <Holds holds={holds} />}
      <Lines lines={ledger} accountId={id} />
    </>,
  );
}

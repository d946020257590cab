/** Calls that were refused, each with what to do about it. They are among no other calls: nothing was tried, and nothing paid. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import type { Permission } from '../console/permissions';
import type { UsageFilter } from '../console/usage/filter';
import { listRefusals, REFUSALS_KEPT_DAYS, type Refusal, refusalFilterInput } from '../console/usage/refusals';
import type { ErrorKind } from '../core/errors';
import { Headings, Name, plural, Scroll, Time, whole } from './parts';
import { orgQuery } from './shell';

const SHOWN = 20;

export type RefusedLately = Awaited<ReturnType<typeof listRefusals>>;

const NONE: RefusedLately = { refusedCalls: 0, refusals: [], isWhole: true };

/** None where calls are filtered by what those that were refused do not have. */
export async function refusedLately(context: VerbContext, { days, ...filter }: UsageFilter): Promise<RefusedLately> {
  const others = Object.entries(filter).some(([name, value]) => value !== undefined && !Object.hasOwn(refusalFilterInput.shape, name));
  return others ? NONE : listRefusals(context, { ...filter, days: Math.min(days, REFUSALS_KEPT_DAYS) }, SHOWN);
}

type Advice = readonly [before: string, link?: readonly [path: string, label: string, permission?: Permission], after?: string];

const BILLING = '/settings/billing';
const KEYS = '/manage-api-keys';

const topUp: Advice = ['', [BILLING, 'Top up', 'billing.read'], ' the wallet.'];
const ofKey = (label: string, after: string): Advice => ['', [KEYS, label, 'keys.read'], after];
const replaced = ofKey('Replace the key', ' wherever it is still used.');
const corrected: Advice = ['The answer names what is wrong: ', ['/docs/api', 'see what the endpoint takes']];
const ours: Advice = ['Nothing that you can repair: try again later, or tell the operator of this gateway.'];
const repeated: Advice = ['Send one Idempotency-Key with one request alone, and again once the first is answered.'];

const ADVICE: Partial<Record<ErrorKind, Advice>> = {
  insufficient_credits: topUp,
  credits_in_flight: ['Send fewer calls at once, bound their answers, or ', [BILLING, 'top up', 'billing.read']],
  tier_required: ['', [BILLING, 'Top up', 'billing.read'], ' to reach the tier that this model needs.'],
  spending_limit: ofKey('Raise the key’s limit', ', or wait for its next period.'),
  spending_in_flight: ofKey('Raise the key’s limit', ', or send fewer calls at once.'),
  rate_limited: ['Send calls more slowly: an hour’s limit was reached.'],
  unknown_model: ['Correct the model’s name: ', ['/models', 'all models']],
  model_unavailable: ['Choose another model: ', ['/models', 'all models']],
  wrong_endpoint: ['Call this model where it is served: ', ['/models', 'all models']],
  model_not_allowed: ofKey('Allow the key', ' this model, or call another.'),
  invalid_key: replaced,
  revoked_key: replaced,
  expired_key: replaced,
  disabled_key: ofKey('Enable the key', ' again.'),
  origin_not_allowed: ofKey('Allow the key', ' this origin.'),
  ip_not_allowed: ofKey('Allow the key', ' this IP address.'),
  account_suspended: ['Ask the operator of this gateway.'],
  body_too_large: ['Send less at once.'],
  too_long: ['Shorten the conversation.'],
  conversation_locked: ['Send one call of a conversation at a time.'],
  idempotency_in_flight: repeated,
  idempotency_mismatch: repeated,
  no_provider: ours,
  not_set_up: ours,
  unavailable: ours,
};

const WhatToDo: FC<{ reason: string; context: VerbContext }> = ({ reason, context }) => {
  const [before, link, after = ''] = ADVICE[reason as ErrorKind] ?? corrected;
  if (!link) return <>{before}</>;
  const [path, label, permission] = link;
  const isLinked = permission === undefined || context.permissions.has(permission);
  return (
    <>
      {before}
      {isLinked ? <a href={path + orgQuery(context)}>{label}</a> : label}
      {after}
    </>
  );
};

const What: FC<{ of: Refusal }> = ({ of: { model, endpoint } }) => (
  <>
    <Name of={model} />
    <small class="mono">
      <Name of={endpoint} />
    </small>
  </>
);

export const RefusedLatelySection: FC<{ of: RefusedLately; context: VerbContext; days: number }> = ({ of, context, days }) => {
  const { refusals, refusedCalls, isWhole } = of;
  if (refusals.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="refused">
      <h2 id="refused">Refused lately</h2>
      <p class="quiet">
        Refused before anything was tried: {plural(refusedCalls, 'call')}
        {days > REFUSALS_KEPT_DAYS && ` within ${REFUSALS_KEPT_DAYS} days`}. They cost nothing, and have no receipt.
        {!isWhole && ` These are the ${SHOWN} most frequent.`}
      </p>
      <Scroll label="Refused lately" long>
        <table>
          <Headings
            of={['Model', 'Why, and what to do', 'Key', 'Last (UTC)', 'Calls']}
            figures={['Calls']}
            wide={['Model', 'Key', 'Last (UTC)']}
          />
          <tbody>
            {refusals.map((one) => (
              <tr>
                <td class="break wide-only">
                  <What of={one} />
                </td>
                <td class="break">
                  <span class="narrow-only">
                    <What of={one} />
                  </span>
                  <WhatToDo reason={one.reason} context={context} />
                  <small class="mono">
                    {one.status} <Name of={one.reason} />
                  </small>
                </td>
                <td class="break wide-only">
                  <Name of={one.keyName ?? one.keyId} />
                </td>
                <td class="wide-only">
                  <Time at={one.lastAt} />
                </td>
                <td class="number">{whole(one.calls)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
};

/** The forms by which an operator changes one account: its credits, standing and keys. */
import type { FC } from 'hono/jsx';
import type { showAccount } from '../../console/accounts';
import type { GatewayError } from '../../core/errors';
import { marked } from '../form';
import { LABELS as KEY_LABELS, KindChoice, LIMIT_FIELD } from '../key-form';
import { Section } from '../parts';
import { TierChoice } from './accounts';

export type ShownAccount = Awaited<ReturnType<typeof showAccount>>;

/** A form as it was sent, to be corrected. */
export interface SentForm {
  form?: string;
  texts: Record<string, string>;
  error?: GatewayError;
}

export const LABELS = {
  credits: 'Credits; a negative number takes back',
  reason: 'Reason, which the customer sees',
  tier: 'Tier',
  factor: 'Share of list prices, in %',
  status: 'Status',
  name: 'Name',
  mode: KEY_LABELS.mode,
  spendingLimit: 'Limit a month, in credits',
};

const textsOf = ({ form, texts }: SentForm, name: string): Record<string, string> => (form === name ? texts : {});
const errorOf = ({ form, error }: SentForm, name: string) => (form === name ? error : undefined);

export const GrantForm: FC<{ path: string; sent: SentForm }> = ({ path, sent }) => {
  const [texts, error] = [textsOf(sent, 'grant'), errorOf(sent, 'grant')];
  return (
    <form class="panel" method="post" action={`${path}/grant`}>
      <h2>Grant credits</h2>
      {/* Sent twice, it grants once. */}
      <input type="hidden" name="eventId" value={texts.eventId ?? `grant:${crypto.randomUUID()}`} />
      <label>
        {LABELS.credits}
        <input
          name="credits"
          type="number"
          step="any"
          required
          inputmode="decimal"
          value={texts.credits}
          placeholder="1000 are 10 USD"
          {...marked(error, 'credits')}
        />
      </label>
      <label>
        {LABELS.reason}
        <input name="reason" maxlength={500} value={texts.reason} placeholder="Invoice 2026-117" {...marked(error, 'reason')} />
      </label>
      <label class="check">
        <input type="checkbox" name="topUp" checked={texts.topUp === 'on'} /> Paid for: counts towards the tier
      </label>
      <label class="check">
        <input type="checkbox" name="belowZero" checked={texts.belowZero === 'on'} /> May take more than there is
      </label>
      <div class="row">
        <button type="submit">Book it</button>
      </div>
    </form>
  );
};

interface StandingProps {
  of: ShownAccount['account'];
  path: string;
  sent: SentForm;
}

export const StandingForms: FC<StandingProps> = ({ of: { grantedTier, priceFactor, status }, path, sent }) => (
  <Section id="standing" title="Standing" about="Each holds from the account’s next call on, and is noted in its audit log.">
    <div class="thirds">
      <form class="row ends" method="post" action={`${path}/tier`}>
        <TierChoice chosen={grantedTier} label="Tier, at least" />
        <button type="submit" class="plain">
          Set
        </button>
      </form>
      <form class="row ends" method="post" action={`${path}/prices`}>
        <label>
          {LABELS.factor}
          <input
            name="percent"
            type="number"
            min="1"
            step="0.1"
            required
            inputmode="decimal"
            value={textsOf(sent, 'prices').percent ?? String(Number((priceFactor * 100).toFixed(1)))}
            {...marked(errorOf(sent, 'prices'), 'factor')}
          />
        </label>
        <button type="submit" class="plain">
          Set
        </button>
      </form>
      {status === 'active' ? (
        <form
          class="row ends"
          method="post"
          action={`${path}/suspend`}
          data-ask="Suspend this account? All its keys are refused from now on."
        >
          <label>
            Why, for the audit log
            <input name="reason" maxlength={500} placeholder="optional" />
          </label>
          <button type="submit" class="plain">
            Suspend
          </button>
        </form>
      ) : (
        <form class="row ends" method="post" action={`${path}/resume`}>
          <button type="submit">Resume the account</button>
        </form>
      )}
    </div>
  </Section>
);

export const KeyForm: FC<{ path: string; sent: SentForm }> = ({ path, sent }) => {
  const [texts, error] = [textsOf(sent, 'keys'), errorOf(sent, 'keys')];
  return (
    <details open={error !== undefined}>
      <summary>New key</summary>
      <form class="panel" method="post" action={`${path}/keys`}>
        <div class="thirds">
          <label>
            {LABELS.name}
            <input name="name" required maxlength={200} value={texts.name} placeholder="production" {...marked(error, 'name')} />
          </label>
          <KindChoice chosen={texts.mode} />
          <label>
            {LABELS.spendingLimit}
            <input {...LIMIT_FIELD} value={texts.spendingLimit} {...marked(error, 'spendingLimit')} />
          </label>
        </div>
        <p class="small quiet">
          Kept to models, origins, addresses or a last day: <code>npm run admin -- keys create</code>.
        </p>
        <div class="row">
          <button type="submit">Create the key</button>
        </div>
      </form>
    </details>
  );
};

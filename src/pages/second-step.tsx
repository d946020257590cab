/** The second factor: how an authenticator app gets its secret, and the codes that replace the app. */
import type { FC } from 'hono/jsx';
import { Code, plural, Section } from './parts';
import { Qr } from './qr';
import { markedBy, Password, type Wrong } from './sign-in-parts';

/** New recovery codes, with the secret of a factor that is still to be confirmed. */
export interface Codes {
  uri?: string;
  codes: string[];
}

const Recovery: FC<{ codes: string[] }> = ({ codes }) => (
  <Code label="Recovery codes" wrap>
    {codes.join('\n')}
  </Code>
);

/** In groups of four, for typing by hand without a camera. */
const inFours = (secret: string): string => secret.match(/.{1,4}/g)?.join(' ') ?? secret;

const SetUp: FC<{ uri: string; codes: string[]; error: Wrong }> = ({ uri, codes, error }) => (
  <div class="panel stack">
    <p>
      <strong>1.</strong> Scan this with your authenticator app
    </p>
    <div class="scan">
      <Qr of={uri} label="QR code for your authenticator app" />
      <div class="tight">
        <p class="small quiet">
          Is the app on this device? <a href={uri}>Open it there</a>. Without a camera, type the secret:
        </p>
        <Code label="Secret" wrap>
          {inFours(new URL(uri).searchParams.get('secret') ?? uri)}
        </Code>
      </div>
    </div>
    <p>
      <strong>2.</strong> Keep these recovery codes where you keep passwords. Each works once, without the app.
    </p>
    <Recovery codes={codes} />
    <form method="post" action="/settings/two-factor/confirm">
      <label>
        <span class="step">
          <strong>3.</strong> Confirm with the code that the app shows
        </span>
        <input name="code" inputmode="numeric" autocomplete="one-time-code" required {...markedBy(error, 'code')} />
      </label>
      <div class="row">
        <button type="submit">Confirm</button>
      </div>
    </form>
  </div>
);

/** With this few codes left it is time for new ones. */
const FEW_CODES = 2;

const CodesLeft: FC<{ count: number }> = ({ count }) =>
  count > FEW_CODES ? (
    <p class="small quiet">{plural(count, 'recovery code')} left. New ones take the place of all of these.</p>
  ) : (
    <p class="notice bad">
      {count === 0 ? 'No recovery code is left' : `Only ${plural(count, 'recovery code')} left`}: without one, losing the app means losing
      this account. Make new ones here, and keep them where you keep passwords.
    </p>
  );

interface SecondStepProps {
  isOn: boolean;
  codesLeft: number | undefined;
  shown: Codes | undefined;
  error: Wrong;
}

export const SecondStep: FC<SecondStepProps> = ({ isOn, codesLeft, shown, error }) => (
  <Section id="second" title="Second step" about="A code of an authenticator app, asked for after the password.">
    {!isOn && shown?.uri !== undefined ? (
      <SetUp uri={shown.uri} codes={shown.codes} error={error} />
    ) : (
      <>
        {isOn && shown && (
          <div class="panel stack">
            <p>Keep these new recovery codes where you keep passwords. Each works once; those of before work no more.</p>
            <Recovery codes={shown.codes} />
          </div>
        )}
        <form class="panel" method="post" action={`/settings/two-factor/${isOn ? 'codes' : 'enable'}`}>
          <p>
            <span class={isOn ? 'tag good' : 'tag'}>{isOn ? 'on' : 'off'}</span>
          </p>
          {codesLeft !== undefined && <CodesLeft count={codesLeft} />}
          <Password label="Your password" wrong={error} />
          <div class="row">
            <button type="submit" class="plain">
              {isOn ? 'New recovery codes' : 'Set it up'}
            </button>
            {isOn && (
              <button
                type="submit"
                class="link danger"
                formaction="/settings/two-factor/disable"
                data-ask="Turn the second step off? The password alone signs you in then."
              >
                Turn it off
              </button>
            )}
          </div>
        </form>
      </>
    )}
  </Section>
);

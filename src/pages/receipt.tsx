/** A whole request: what it cost and why, what was tried, and everything else known of it. */
import type { Child, FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { keyNameOf } from '../console/usage/names';
import { type Receipt, showReceipt } from '../console/usage/receipt';
import { toCredits } from '../core/money';
import { isRecord, recordsOf } from '../core/record';
import type { AppContext } from '../http/context';
import { findJobOf } from '../jobs/access';
import { isOver } from '../jobs/view';
import { parameter } from '../routes/account/route';
import { Results } from './jobs';
import { alignedCredits, Code, credits, dollars, duration, Figures, Headings, inBoth, Scroll, Time, whole } from './parts';
import { orgQuery, page, refusalPage } from './shell';

interface Line {
  item: string;
  /** Undefined for what is no piece, such as a surcharge. */
  quantity?: number;
  /** The price of a million tokens, or of one piece. */
  each?: number;
  credits: number;
}

/** As a price calls it: `imagesMade` as "Images made". */
const inWords = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (first) => first.toUpperCase());

/** The line by the price's unit. */
function unitLines({ detail: { price, usage } }: Receipt): Line[] {
  if (!isRecord(price) || !isRecord(usage) || price.per === 'token' || typeof price.micro !== 'number') return [];
  const each = toCredits(price.micro);
  const counted = Object.entries(usage).find(([, count]) => typeof count === 'number');
  if (!counted) return [];
  const [item, quantity] = [inWords(counted[0]), Number(counted[1])];
  return [{ item, quantity, each, credits: quantity * each }];
}

/** What leads from the lines to the charge; tokens add up to it, but for a rounding, unless the call was free. */
function restOf({ test, creditsUsed }: Receipt, lines: readonly Line[]): Line[] {
  const rest = creditsUsed - lines.reduce((sum, line) => sum + line.credits, 0);
  if (Math.abs(rest) <= 1e-9) return [];
  return [{ item: test ? 'Test key, free of charge' : 'Surcharges and minimum', credits: rest }];
}

function linesOf(receipt: Receipt): Line[] {
  const lines = receipt.lines.map((line) => ({
    item: line.item,
    quantity: 'tokens' in line ? line.tokens : line.count,
    each: 'tokens' in line ? line.creditsPerMillion : line.creditsEach,
    credits: line.credits,
  }));
  if (lines.length > 0) return receipt.test ? [...lines, ...restOf(receipt, lines)] : lines;
  const byUnit = unitLines(receipt);
  return byUnit.length > 0 ? [...byUnit, ...restOf(receipt, byUnit)] : [];
}

const exact = (amount: number): string => alignedCredits(amount, 6);

const Sum: FC<{ receipt: Receipt }> = ({ receipt }) => {
  const byTokens = receipt.lines.length > 0;
  const hasPieces = receipt.lines.some((line) => 'count' in line);
  return (
    <section class="stack" aria-labelledby="sum">
      <h2 id="sum">How the charge comes about</h2>
      <Scroll label="How the charge comes about">
        <table>
          <Headings
            of={[
              'What',
              byTokens ? (hasPieces ? 'Tokens, or count' : 'Tokens') : 'Count',
              byTokens ? (hasPieces ? 'Credits a million, or each' : 'Credits a million') : 'Credits each',
              'Credits',
            ]}
            figures={['Tokens', 'Tokens, or count', 'Count', 'Credits a million', 'Credits a million, or each', 'Credits each', 'Credits']}
          />
          <tbody>
            {linesOf(receipt).map(({ item, quantity, each, credits: cost }) => (
              <tr>
                <th scope="row">{item}</th>
                <td class="number">{quantity !== undefined && whole(quantity)}</td>
                <td class="number">{each !== undefined && credits(each)}</td>
                <td class="number">{exact(cost)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colspan={3}>
                {receipt.state === 'open' ? 'Still open: charged is' : 'Charged'}
                {byTokens && <small>rounded up to a millionth of a credit</small>}
              </th>
              <td class="number">
                {exact(receipt.creditsUsed)}
                <small>{dollars(receipt.creditsUsed)}</small>
              </td>
            </tr>
          </tfoot>
        </table>
      </Scroll>
    </section>
  );
};

type Attempt = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

const Attempts: FC<{ attempts: Attempt[]; error: string }> = ({ attempts, error }) => (
  <section class="stack" aria-labelledby="attempts">
    <h2 id="attempts">Attempts</h2>
    <Scroll label="Attempts">
      <table>
        <Headings of={['Provider', 'Its model', 'Status', 'Outcome', 'Took']} figures={['Status', 'Took']} wide={['Its model']} />
        <tbody>
          {attempts.map(({ provider, model, status, outcome, durationMs, message }) => (
            <tr>
              <th scope="row">{text(provider)}</th>
              <td class="mono wide-only">{text(model)}</td>
              <td class="number">{text(status)}</td>
              <td>
                {text(outcome).replaceAll('_', ' ')}
                {!['', error].includes(text(message)) && <small class="break">{text(message)}</small>}
              </td>
              <td class="number">{typeof durationMs === 'number' ? duration(durationMs) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

/** What the call made, where that is files which outlast it. */
async function madeBy(context: VerbContext, jobId: unknown): Promise<Child> {
  if (typeof jobId !== 'string' || !context.permissions.has('jobs.read')) return undefined;
  const job = await findJobOf(context, context, jobId);
  return job.ok && isOver(job.value) ? <Results of={job.value} /> : undefined;
}

const ENDINGS: Record<string, string> = { settled: 'Settled', released: 'Failed, and free', expired: 'Expired', open: 'Under way' };

const ReceiptFigures: FC<{ receipt: Receipt }> = ({ receipt }) => (
  <Figures
    of={[
      inBoth('Charged', receipt.creditsUsed),
      inBoth('Held at first', receipt.creditsHeld),
      [
        'State',
        ENDINGS[receipt.state] ?? receipt.state,
        <>
          <Time at={receipt.createdAt} /> UTC
        </>,
      ],
    ]}
  />
);

interface ShownProps {
  receipt: Receipt;
  keyName: string | undefined;
  /** What the call made. */
  result?: Child;
}

/** All of a receipt but where it is. */
export const ReceiptShown: FC<ShownProps> = ({ receipt, keyName, result }) => {
  const { latencyMs, firstByteMs, attempts, stream, endUser, tags, jobId } = receipt.detail;
  const error = text(receipt.detail.error);
  const facts: [string, Child][] = [
    ['Endpoint', receipt.endpoint ?? undefined],
    ['Key', keyName ?? receipt.keyId ?? undefined],
    ['Job', text(jobId) || undefined],
    ['Result', result],
    ['End user', typeof endUser === 'string' ? endUser : undefined],
    ['Tags', Array.isArray(tags) ? tags.join(', ') : undefined],
    ['Took', typeof latencyMs === 'number' ? duration(latencyMs) : undefined],
    ['First byte after', typeof firstByteMs === 'number' ? duration(firstByteMs) : undefined],
    ['Streamed', typeof stream === 'boolean' ? (stream ? 'yes' : 'no') : undefined],
  ];
  const tried = recordsOf(attempts);
  return (
    <>
      <ReceiptFigures receipt={receipt} />
      {error !== '' && <p class="notice bad">{error}</p>}
      {linesOf(receipt).length > 0 && <Sum receipt={receipt} />}
      {tried.length > 0 && <Attempts attempts={tried} error={error} />}
      <section class="stack" aria-labelledby="facts">
        <h2 id="facts">Facts</h2>
        <dl class="facts">
          {facts.map(
            ([name, value]) =>
              value !== undefined && (
                <>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </>
              ),
          )}
        </dl>
        <details class="small no-print">
          <summary>All that is known of it, as JSON</summary>
          <Code label="The request as JSON" wrap>
            {JSON.stringify({ ...receipt, lines: undefined }, null, 2)}
          </Code>
        </details>
      </section>
    </>
  );
};

export const receiptTitle = ({ model }: Receipt): string => `Request of ${model ?? 'a model'}`;

/** @param from The list that the request is in. */
export const ReceiptHead: FC<{ receipt: Receipt; from: Child }> = ({ receipt, from }) => (
  <div class="tight">
    <p class="small no-print">
      {from} <span class="quiet">/ Request</span>
    </p>
    <h1>
      {receipt.model ?? 'A request'} {receipt.test && <span class="tag">test</span>}
    </h1>
    <p class="mono quiet small break">{receipt.id}</p>
  </div>
);

export async function receiptPage(c: AppContext, context: VerbContext): Promise<Response> {
  const found = await showReceipt(context, parameter(c, 'id'));
  if (!found.ok) return refusalPage(c, found.error);
  const receipt = found.value;
  const [keyName, result] = await Promise.all([
    receipt.keyId === null ? undefined : keyNameOf(context.db, context.accountId, receipt.keyId),
    madeBy(context, receipt.detail.jobId),
  ]);
  return page(
    c,
    { title: receiptTitle(receipt), context },
    <>
      <ReceiptHead receipt={receipt} from={<a href={`/usage${orgQuery(context)}`}>Usage</a>} />
      <ReceiptShown receipt={receipt} keyName={keyName} result={result} />
    </>,
  );
}

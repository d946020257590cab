/** Usage summed by one dimension, dearest first. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { breakDown, breakdownInput, type Side } from '../console/usage/breakdown';
import type { UsageFilter } from '../console/usage/filter';
import type { Usage } from '../console/usage/query';
import { alignedCredits, Headings, Name, Scroll, whole } from './parts';

const SHOWN = 10;

const SIDES: Readonly<Record<Side, { name: string; none: string }>> = {
  model: { name: 'Model', none: 'other' },
  keyId: { name: 'Key', none: 'no key' },
  member: { name: 'Member', none: 'nobody' },
  endUser: { name: 'End user', none: 'no end user' },
  tag: { name: 'Tag', none: 'no tag' },
  endpoint: { name: 'Endpoint', none: 'none' },
  provider: { name: 'Provider', none: 'none' },
};

export interface Shares {
  by: Side;
  /** `name` is shown in place of the id in `value`. */
  rows: { value: string | null; name?: string | null; calls: number; creditsUsed: number }[];
  isWhole: boolean;
}

/** @param by As asked for; an unknown one falls back to the model, whose sums are already there. */
export async function sharesOf(
  context: VerbContext,
  { filter, by, costByModel }: { filter: UsageFilter; by: string | undefined; costByModel: Usage['costByModel'] },
): Promise<Shares> {
  const side = breakdownInput.shape.by.safeParse(by);
  if (side.success && side.data !== 'model') {
    const { shares, isWhole } = await breakDown(context, filter, side.data, SHOWN);
    return { by: side.data, rows: shares, isWhole };
  }
  const rows = costByModel.slice(0, SHOWN).map(({ model, ...sums }) => ({ value: model, ...sums }));
  return { by: 'model', rows, isWhole: costByModel.length <= SHOWN };
}

/** A share that is not zero is never shown as zero. */
export function share(part: number, all: number): string {
  if (all <= 0) return '';
  const percent = Math.round((part / all) * 100);
  return percent === 0 && part > 0 ? '<1 %' : `${percent} %`;
}

const Sides: FC<{ by: Side; query: Record<string, string>; hasMembers: boolean }> = ({ by, query, hasMembers }) => {
  const { cursor: _, ...rest } = query;
  return (
    <nav class="chips" aria-label="Credits by">
      {(Object.keys(SIDES) as Side[])
        .filter((side) => side !== 'member' || hasMembers)
        .map((side) => (
          <a href={`/usage?${new URLSearchParams({ ...rest, by: side })}#shares`} {...(side === by && { 'aria-current': 'true' })}>
            {SIDES[side].name}
          </a>
        ))}
    </nav>
  );
};

interface SharesProps {
  shares: Shares;
  total: number;
  /** The chart's models, to use the same colours. */
  series: string[];
  query: Record<string, string>;
  hasMembers: boolean;
}

export const SharesTable: FC<SharesProps> = ({ shares: { by, rows, isWhole }, total, series, query, hasMembers }) => {
  const { name, none } = SIDES[by];
  const most = Math.max(...rows.map(({ creditsUsed }) => creditsUsed), 0.000_001);
  return (
    <section class="stack" id="shares" aria-labelledby="shares-name">
      <h2 id="shares-name">By {name.toLowerCase()}</h2>
      <Sides by={by} query={query} hasMembers={hasMembers} />
      <Scroll label={`Credits by ${name.toLowerCase()}`}>
        <table>
          <Headings of={[name, 'Calls', 'Share', 'Credits']} figures={['Calls', 'Share', 'Credits']} wide={['Share']} />
          <tbody>
            {rows.map(({ value, name: shown, calls, creditsUsed }) => {
              const place = by === 'model' ? series.indexOf(value ?? none) : 0;
              return (
                <tr>
                  <th scope="row" class="break">
                    {value === null ? <span class="quiet">{none}</span> : <Name of={shown ?? value} />}
                    <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                      <rect
                        class={`f${place === -1 ? 6 : place}`}
                        width={((Math.max(creditsUsed, 0) / most) * 100).toFixed(2)}
                        height="4"
                      />
                    </svg>
                  </th>
                  <td class="number">{whole(calls)}</td>
                  <td class="number wide-only">{share(creditsUsed, total)}</td>
                  <td class="number">{alignedCredits(creditsUsed, 2)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {!isWhole && <p class="small quiet">And others that cost less; the CSV has all of them.</p>}
    </section>
  );
};

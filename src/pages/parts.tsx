/** Small components of pages. */
import type { Child, FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import type { GatewayError } from '../core/errors';
import { CREDITS_PER_USD } from '../core/money';
import { ERROR_ID, marked } from './form';

/** Headings of figures are aligned to the right; `wide` columns are hidden on phones. */
export const Headings: FC<{ of: string[]; figures?: string[]; wide?: string[] }> = ({ of, figures = [], wide = [] }) => (
  <thead>
    <tr>
      {of.map((heading) => (
        <th scope="col" class={`${figures.includes(heading) ? 'number' : ''} ${wide.includes(heading) ? 'wide-only' : ''}`.trim()}>
          {heading}
        </th>
      ))}
    </tr>
  </thead>
);

/**
 * A table that scrolls by itself, also by keyboard. A `figure`, since a `region` for each would be too many landmarks.
 * The headings of a `long` one stay in sight, where its width is sure to fit.
 */
export const Scroll: FC<{ label: string; long?: boolean; children?: Child }> = ({ label, long, children }) => (
  <figure class={long ? 'scroll long' : 'scroll'} tabindex={0} aria-label={label}>
    {children}
  </figure>
);

/** As many characters fit into the narrowest column. */
const SHORT = 12;

/** After a dot or dash and the like, except within a date, time or version. */
const BREAK = /(?<=[-./_@:])(?=[^-./_@:\s])(?!(?<=\d[-.:])\d)/;

/** A name, address or id without spaces breaks after its own dots and dashes rather than within a word. */
export const Name: FC<{ of: string | null }> = ({ of: name }) => {
  if (name === null) return null;
  const parts = name.length > SHORT ? name.split(BREAK) : [name];
  return (
    <>
      {parts.map((part, index) => (
        <>
          {index > 0 && <wbr />}
          {part}
        </>
      ))}
    </>
  );
};

interface CodeProps {
  label: string;
  template?: string;
  wrap?: boolean;
  children?: Child;
}

/** Text to copy; the button appears where scripts run. */
export const Code: FC<CodeProps> = ({ children, label, template, wrap }) => (
  <div class={wrap ? 'code wrap' : 'code'}>
    <header>
      <span>{label}</span>
      <button type="button" data-copy aria-label={`Copy: ${label}`} hidden>
        Copy
      </button>
    </header>
    <figure tabindex={0} aria-label={label}>
      <pre>
        <code {...(template !== undefined && { 'data-template': template })}>{children}</code>
      </pre>
    </figure>
  </div>
);

interface NoticeProps {
  error?: GatewayError | string | undefined;
  message?: string | undefined;
  /** The link that leads out of the error. */
  next?: Child;
}

export const Notice: FC<NoticeProps> = ({ error, message, next }) => {
  if (error !== undefined)
    return (
      <p class="notice bad" role="alert" id={ERROR_ID}>
        {typeof error === 'string' ? error : error.message}
        {next !== undefined && <> {next}</>}
      </p>
    );
  return message === undefined ? null : (
    <p class="notice" role="status">
      {message}
    </p>
  );
};

export type Pick = { name: string; label: string; any: string; options: readonly (readonly [value: string, label: string])[] };

/** What a list is filtered by; a value that is none of the options is kept. */
export const Choice: FC<{ of: Pick; value: unknown; error?: GatewayError | undefined }> = ({ of, value, error }) => {
  const { name, label, any, options } = of;
  const chosen = value === undefined ? '' : String(value);
  const known = chosen === '' || options.some(([id]) => id === chosen);
  return (
    <label>
      {label}
      <select name={name} {...marked(error, name)}>
        <option value="">{any}</option>
        {[...options, ...(known ? [] : [[chosen, chosen] as const])].map(([id, text]) => (
          <option value={id} selected={id === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
};

/**
 * What filters a list. A browser that goes back would bring back what was chosen on leaving, beside a list that was
 * filtered by something else.
 */
export const FilterForm: FC<{ path: string; label?: string; children?: Child }> = ({ path, label = 'Filter', children }) => (
  <form class="filter" method="get" action={path} aria-label={label} autocomplete="off">
    {children}
  </form>
);

interface PagesProps {
  of: string;
  path: string;
  query: Record<string, string>;
  nextCursor: string | null;
}

/** Links through a long list: to the next page, and back to the first. */
export const Pages: FC<PagesProps> = ({ of, path, query: { cursor, ...query }, nextCursor }) =>
  cursor === undefined && nextCursor === null ? null : (
    <div class="row">
      {cursor !== undefined && (
        <a class="button plain" href={`${path}?${new URLSearchParams(query)}`}>
          Newest {of}
        </a>
      )}
      {nextCursor !== null && (
        <a class="button plain" href={`${path}?${new URLSearchParams({ ...query, cursor: nextCursor })}`}>
          Older {of}
        </a>
      )}
    </div>
  );

/** Keeps a form that is sent by GET with the organization that its page is about. */
export const OrgField: FC<{ context: VerbContext }> = ({ context: { organization } }) =>
  organization ? <input type="hidden" name="org" value={organization.id} /> : null;

/** A group of settings: its description on the left, its forms beside it. */
export const Section: FC<{ id: string; title: string; about: string; children?: Child }> = ({ id, title, about, children }) => (
  <section class="section" aria-labelledby={id}>
    <header>
      <h2 id={id}>{title}</h2>
      <p>{about}</p>
    </header>
    <div class="stack">{children}</div>
  </section>
);

export const Points: FC<{ of: readonly (readonly [name: string, text: Child])[] }> = ({ of: points }) => (
  <div class="points">
    {points.map(([name, text]) => (
      <div>
        <h2>{name}</h2>
        <p>{text}</p>
      </div>
    ))}
  </div>
);

export type Figure = readonly [name: string, value: string, more: Child];

export const Figures: FC<{ of: readonly Figure[] }> = ({ of: figures }) => (
  <dl class="figures panel">
    {figures.map(([name, value, more]) => (
      <div>
        <dt>{name}</dt>
        <dd>
          {value}
          <small>{more}</small>
        </dd>
      </div>
    ))}
  </dl>
);

/** An amount in dollars, and below in credits. */
export const inBoth = (name: string, amount: number): Figure => [name, dollars(amount), `${credits(amount)} credits`];

/** What to do where there is nothing yet. */
export const Empty: FC<{ title: string; children?: Child }> = ({ title, children }) => (
  <div class="empty">
    <p class="strong">{title}</p>
    {children}
  </div>
);

export const Time: FC<{ at: string }> = ({ at }) => <time datetime={at}>{at.slice(0, 16).replace('T', ' ')}</time>;

export const Day: FC<{ at: string }> = ({ at }) => <time datetime={at}>{at.slice(0, 10)}</time>;

export const whole = (count: number): string => count.toLocaleString('en');

export const duration = (ms: number): string => (ms < 1_000 ? `${whole(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

const withMinus = (figure: string): string => figure.replace('-', '−');

/** Whole, or with hundredths; less than one credit as exactly as it is kept. */
export function credits(amount: number): string {
  const isSmall = Math.abs(amount) < 1 && amount !== 0;
  const figure = amount.toLocaleString('en', { maximumFractionDigits: isSmall ? 6 : 2 });
  return withMinus(isSmall || !/\.\d$/.test(figure) ? figure : `${figure}0`);
}

/** For columns with aligned decimal points. An amount that would round to nothing is shown as "less than". */
export function alignedCredits(amount: number, digits = 4): string {
  const least = 10 ** -digits;
  if (amount !== 0 && Math.abs(amount) < least) return amount < 0 ? `>−${least.toFixed(digits)}` : `<${least.toFixed(digits)}`;
  return withMinus(amount.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

/** With a plus for what comes in, unless it is too small for the column. */
export function signedCredits(amount: number): string {
  const figure = alignedCredits(amount);
  return amount > 0 && !figure.startsWith('<') ? `+${figure}` : figure;
}

/** Credits in dollars: to the cent, or more precisely where cents would show nothing. */
export function dollars(amount: number): string {
  const usd = amount / CREDITS_PER_USD;
  const digits = usd === 0 || Math.abs(usd) >= 1 ? 2 : Math.abs(usd) >= 0.01 ? 4 : 6;
  return `${usd < 0 ? '−' : ''}$${Math.abs(usd).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}

export const plural = (count: number, one: string): string => `${whole(count)} ${one}${count === 1 ? '' : 's'}`;

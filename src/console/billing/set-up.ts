import type { AccountSettings } from '../../env-account';

type PaymentSettings = Pick<AccountSettings, 'STRIPE_SECRET_KEY' | 'STRIPE_WEBHOOK_SECRET'>;

/** Whose payments nobody can tell the gateway of would pay for nothing. */
export const takesPayments = (settings: PaymentSettings): settings is { [Name in keyof PaymentSettings]-?: string } =>
  settings.STRIPE_SECRET_KEY !== undefined && settings.STRIPE_WEBHOOK_SECRET !== undefined;

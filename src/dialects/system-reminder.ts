/** What the system says in the middle of a conversation, for a provider that hears it at the beginning alone: in the user's words, marked. */
export const asReminder = (text: string): string => `<system-reminder>\n${text}\n</system-reminder>`;

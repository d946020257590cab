/** A system message within a conversation, for providers that allow one only at the beginning: marked, as the user's. */
export const asReminder = (text: string): string => `<system-reminder>\n${text}\n</system-reminder>`;

/** What an object has that is not undefined. */
export const given = (input) => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

/** What an object has a value for: exports have null for what nobody set. */
export const set = (input) => Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== ''));

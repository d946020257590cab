/** What an object has that is not undefined. */
export const given = (input) => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

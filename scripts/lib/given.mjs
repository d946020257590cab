/** An object without its undefined members. */
export const given = (input) => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

/** An object without its undefined and null members; exports have null for what nobody set. */
export const set = (input) => Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== ''));
